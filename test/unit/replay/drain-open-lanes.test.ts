import { expect, test } from 'vitest';
import type { Consumer } from '#runtime/lambda/consume-events.ts';
import { drainOpenLanes } from '#runtime/lambda/drain-open-lanes.ts';
import { away, consumerWorld, eventOf, nameOf } from '../../support/consumer-world.ts';

const SLOWLY_MS = 8000;

/** Lanes of so many runs, each with two events, and a consumer that has changed since they were parked. */
async function parked(runs: number, changed: (name: string) => Error | null) {
  let isCured = false;
  const handle: Consumer['handle'] = async (events) => {
    if (!isCured) throw new Error('not yet');
    await world.system.sleep(SLOWLY_MS);
    for (const event of events) {
      const error = changed(nameOf(event));
      if (error) throw error;
    }
  };
  const world = consumerWorld(handle);
  const names = Array.from({ length: runs }, (_, i) => `run-${String.fromCharCode(97 + i)}-`);
  await world.consume(names.flatMap((run) => [eventOf(run, 1), eventOf(run, 2)]));
  isCured = true;
  const drain = (run?: string) => {
    const untilMs = world.system.now() + 20_000;
    const ports = { ...world.ports, lanes: world.lanes };
    return world.system.run(drainOpenLanes(ports, world.consumer, { run, untilMs }));
  };
  return { drain, names, lane: world.lane };
}

test('open lanes are drained one after the other, as long as the time lasts', async () => {
  const { drain, names, lane } = await parked(2, () => null);
  expect(await drain()).toEqual({ kind: 'again', seconds: 0 });
  expect(await drain()).toEqual({ kind: 'done' });
  for (const run of names) expect(await lane(run)).toEqual([]);
});

test('of one run, only its lane is drained', async () => {
  const { drain, names, lane } = await parked(2, () => null);
  const [first = '', second = ''] = names;
  expect(await drain(second)).toEqual({ kind: 'done' });
  expect([(await lane(first)).length, await lane(second)]).toEqual([2, []]);
});

test('a round that has spent all of its time on lanes that are stuck is the last one', async () => {
  const { drain, names, lane } = await parked(4, () => new Error('never'));
  expect(await drain()).toEqual({ kind: 'done' });
  for (const run of names) expect(await lane(run)).toHaveLength(2);
});

test('while something is away, lanes are tried again after a while', async () => {
  const { drain } = await parked(1, () => away());
  expect(await drain()).toEqual({ kind: 'again', seconds: 30 });
});
