import { expect, test } from 'vitest';
import { runIdOf } from '#runtime/core/run-id.ts';
import type { RestCall } from '../../support/rest-event.ts';
import { apiUnderTest, startCall } from './api-under-test.ts';
import { end, keepStep, post, startedRun } from './change-run.ts';
import { Crash, deaths } from './crash.ts';

interface World {
  readonly api: ReturnType<typeof apiUnderTest>;
  readonly crash: Crash;
  readonly run: string;
}

/** A run whose start was announced, or died behind the put of its record. */
async function world(start: 'whole' | 'half'): Promise<World> {
  const crash = new Crash();
  const api = apiUnderTest(crash.around);
  if (start === 'whole') return { api, crash, run: await startedRun(api) };
  crash.arm(3, 'before');
  await api.ask(startCall({ 'Idempotency-Key': 'half' }));
  crash.count();
  return { api, crash, run: runIdOf('default', 'support', 'half') };
}

/** What a request does outside when nothing dies. */
async function thingsDone(make: () => Promise<World>, callOf: (run: string) => RestCall) {
  const { api, crash, run } = await make();
  crash.count();
  expect((await api.ask(callOf(run))).status).toBeLessThan(300);
  return crash.done;
}

/** Lets the request die in every way, repeats it, and looks at what has become of it. */
async function everyDeath(
  make: () => Promise<World>,
  callOf: (run: string) => RestCall,
  check: (world: World, answer: Awaited<ReturnType<World['api']['ask']>>) => Promise<void>,
): Promise<void> {
  const things = await thingsDone(make, callOf);
  expect(things).toBeGreaterThan(1);
  for (const { at, when } of deaths(things)) {
    const made = await make();
    made.crash.arm(at, when);
    expect((await made.api.ask(callOf(made.run))).status, `${when} ${at}`).toBe(500);
    made.crash.count();
    await made.api.system.advance(5000);
    await check(made, await made.api.ask(callOf(made.run)));
  }
}

/** The generations that were announced; of all events, as many contents as ids (R4). */
function acceptances({ api }: World, run: string): readonly number[] {
  const own = api.events.events.filter((event) => event.run === run);
  const contents = new Set(own.map((event) => JSON.stringify(event)));
  expect(contents.size).toBe(new Set(own.map(({ id }) => id)).size);
  return [...contents]
    .map((text) => JSON.parse(text))
    .filter(({ type }) => type === 'signalbox.run.accepted')
    .map(({ gen }) => gen)
    .sort();
}

test.each(['whole', 'half'] as const)(
  'R1, R10: a repeat finishes a stop that died, of a run whose start was %s',
  (start) =>
    everyDeath(
      () => world(start),
      (run) => post(`/runs/${run}/stop`, { reason: 'why' }),
      async (made, answer) => {
        const { api, run } = made;
        expect(answer.status).toBe(200);
        expect(await api.ledger.runs.read(run)).toMatchObject({
          stop: { reason: 'why' },
          progress: 'announced',
        });
        const execution = { workflow: 'support', executionName: `${run}-0` };
        expect(await api.orchestrator.describe(execution)).toMatchObject({ status: 'ABORTED' });
        expect(acceptances(made, run)).toEqual([0]);
      },
    ),
);

test.each(['whole', 'half'] as const)(
  'R1: a repeat finishes a resume that died, of a run whose start was %s',
  (start) =>
    everyDeath(
      async () => {
        const made = await world(start);
        await end(made.api, made.run, 'failed');
        return made;
      },
      (run) => post(`/runs/${run}/resume`, { generation: 0 }),
      async (made, answer) => {
        const { api, run } = made;
        expect(answer).toMatchObject({ status: 202, body: { gen: 1 } });
        expect(await api.ledger.runs.read(run)).toMatchObject({ gen: 1, progress: 'announced' });
        expect(api.orchestrator.inputOf('support', `${run}-1`)).toMatchObject({ sb: { gen: 1 } });
        expect(api.orchestrator.inputOf('support', `${run}-2`)).toBeNull();
        expect(acceptances(made, run)).toEqual([0, 1]);
      },
    ),
);

test('R1: a repeat finishes a fork that died', () =>
  everyDeath(
    async () => {
      const made = await world('whole');
      await keepStep(made.api, made.run, 'answer');
      return made;
    },
    (run) => post(`/runs/${run}/fork`, { from: 'answer' }, { 'Idempotency-Key': 'fork-1' }),
    async (made, answer) => {
      const { api, run } = made;
      expect(answer.status).toBe(202);
      const fork = answer.body.id;
      expect(await api.ledger.runs.read(fork)).toMatchObject({ progress: 'announced' });
      expect(api.orchestrator.inputOf('support', `${fork}-0`)).toMatchObject({
        sb: { forkedFrom: run },
      });
      expect(acceptances(made, fork)).toEqual([0]);
    },
  ));
