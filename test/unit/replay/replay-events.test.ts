import { expect, test } from 'vitest';
import { SignalboxError, ThrottledError } from '#runtime/contracts/errors.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { sampleEvent } from '../../conformance/samples.ts';
import { listener, Past } from '../../support/past.ts';

const events = (run: string, count: number, from = 0): readonly SignalboxEvent[] =>
  Array.from({ length: count }, (_, i) => sampleEvent(run, from + i));
const ids = (some: readonly SignalboxEvent[]): readonly string[] => some.map(({ id }) => id);

class PoisonError extends SignalboxError {
  override readonly name = 'PoisonError';
  readonly code = 'POISON';
}

test('a replay hands over every event of its range once, those of a run in order, and ends', async () => {
  const past = new Past();
  const [a, b] = [events('a', 150), events('b', 30)];
  past.archive([...a.slice(0, 120), ...b]);
  past.archive(a.slice(120));
  const { consumer, heard } = listener();
  const id = await past.order();
  expect(await past.work(id, consumer)).toEqual({ kind: 'done' });
  expect(heard.filter((one) => ids(a).includes(one))).toEqual(ids(a));
  expect(heard.filter((one) => ids(b).includes(one))).toEqual(ids(b));
  expect(await past.replays.read(id)).toMatchObject({
    state: 'done',
    counts: { read: 180, matched: 180, handled: 180, failed: 0 },
  });
});

test('it keeps to its run, its type and its time', async () => {
  const past = new Past();
  const wanted = sampleEvent('a', 5);
  past.archive([
    sampleEvent('a', 4),
    wanted,
    sampleEvent('a', 6),
    sampleEvent('b', 5),
    sampleEvent('a', 5, { id: 'other', type: 'answer.sent' }),
  ]);
  const { consumer, heard } = listener();
  const id = await past.order({
    run: 'a',
    type: 'answer.drafted',
    from: wanted.time,
    to: sampleEvent('a', 6).time,
  });
  await past.work(id, consumer);
  expect(heard).toEqual([wanted.id]);
});

test('an event that arrived in the hour after the end belongs to the range in which it happened', async () => {
  const past = new Past();
  const late = sampleEvent('a', 1);
  past.archive([late], Date.parse(late.time) + 50 * 60_000);
  const { consumer, heard } = listener();
  const id = await past.order({ to: '2026-05-01T12:30:00.000Z' });
  await past.work(id, consumer);
  expect(heard).toEqual([late.id]);
});

test('a slice that ends in the middle of an object is gone on with at its next line', async () => {
  const past = new Past();
  const all = events('a', 40);
  past.archive(all);
  const { consumer, heard } = listener();
  const id = await past.order({ rate: 10 });
  expect(await past.work(id, consumer, 1.5)).toEqual({ kind: 'again', seconds: 0 });
  expect(heard).toEqual(ids(all.slice(0, 20)));
  await past.work(id, consumer);
  expect(heard).toEqual(ids(all));
});

test('it gives the consumer no more events a second than it may', async () => {
  const past = new Past();
  past.archive(events('a', 50));
  const { consumer } = listener();
  const id = await past.order({ rate: 5 });
  const beganMs = past.system.now();
  await past.work(id, consumer);
  expect(past.system.now() - beganMs).toBeGreaterThanOrEqual(10_000);
});

test('a dry run counts, hands nothing over and need not be held back', async () => {
  const past = new Past();
  past.archive(events('a', 3));
  const { consumer, heard } = listener();
  const id = await past.order({ isDryRun: true, rate: 1 });
  const beganMs = past.system.now();
  await past.work(id, consumer);
  expect(heard).toEqual([]);
  expect(past.system.now() - beganMs).toBeLessThan(1000);
  expect(await past.replays.read(id)).toMatchObject({ counts: { matched: 3, handled: 0 } });
});

test('it waits until the archiver is past its end, and then misses nothing', async () => {
  const past = new Past();
  past.behind = [{ sequence: '9', arrivedMs: Date.UTC(2026, 4, 1, 13) }];
  const { consumer, heard } = listener();
  const id = await past.order();
  expect(await past.work(id, consumer)).toEqual({ kind: 'again', seconds: 5 });
  past.archive(events('a', 2));
  past.behind = [];
  await past.work(id, consumer);
  expect(heard).toEqual(ids(events('a', 2)));
});

test('what happened before its end and arrives shortly after it is waited for', async () => {
  const past = new Past();
  const { consumer, heard } = listener();
  const late = sampleEvent('a', 1);
  const id = await past.order({ to: new Date(past.system.now()).toISOString() });
  expect(await past.work(id, consumer)).toEqual({ kind: 'again', seconds: 5 });
  past.archive([late], past.system.now() + 2000);
  await past.system.run(past.system.sleep(10_000));
  expect(await past.work(id, consumer)).toEqual({ kind: 'done' });
  expect(heard).toEqual([late.id]);
});

test('what came into the stream after its end does not keep it waiting', async () => {
  const past = new Past();
  past.archive(events('a', 2));
  past.behind = [{ sequence: '9', arrivedMs: Date.UTC(2026, 4, 3) }];
  const { consumer, heard } = listener();
  await past.work(await past.order(), consumer);
  expect(heard).toHaveLength(2);
});

test('an event that cannot be handled is told and passed over; the others of its run are handled', async () => {
  const past = new Past();
  const [a, b] = [events('a', 3), events('b', 2)];
  const poison = a[1]?.id;
  past.archive([...a, ...b]);
  const { consumer, heard } = listener(async (some) => {
    if (some.some(({ id }) => id === poison)) throw new PoisonError('never');
  });
  const id = await past.order();
  await past.work(id, consumer);
  expect([...heard].sort()).toEqual(
    ids([...a, ...b])
      .filter((one) => one !== poison)
      .sort(),
  );
  expect(await past.replays.read(id)).toMatchObject({
    state: 'done',
    counts: { handled: 4, failed: 1 },
    failures: [{ event: poison, run: 'a', cause: expect.stringContaining('never') }],
  });
});

test('while something is away nothing is counted, and the same events come again', async () => {
  const past = new Past();
  past.archive(events('a', 2));
  let isAway = true;
  const { consumer, heard } = listener(async () => {
    if (isAway) throw new ThrottledError('busy');
  });
  const id = await past.order();
  await expect(past.work(id, consumer)).rejects.toThrow('busy');
  expect(await past.replays.read(id)).toMatchObject({ counts: { read: 0 }, state: 'running' });
  isAway = false;
  await past.work(id, consumer);
  expect(heard).toEqual(ids(events('a', 2)));
});

test('two workers on one replay hand over nothing that was not asked for, and one of them stops', async () => {
  const past = new Past();
  const all = events('a', 300);
  past.archive(all);
  const { consumer, heard } = listener();
  const id = await past.order();
  await Promise.all([past.work(id, consumer), past.work(id, consumer)]);
  expect([...new Set(heard)]).toEqual(ids(all));
  expect(await past.replays.read(id)).toMatchObject({ state: 'done', counts: { handled: 300 } });
});

test('the consumer is told which replay it serves, and whether it may change the world', async () => {
  const past = new Past();
  past.archive(events('a', 1));
  const contexts: unknown[] = [];
  const { consumer } = listener(async (_, context) => void contexts.push(context));
  const id = await past.order({ rule: 'writeReport', hasEffects: true });
  await past.work(id, consumer);
  expect(contexts).toEqual([{ replay: { id, hasEffects: true, rule: 'writeReport' } }]);
});

test('a replay that is done, or unknown, is left alone', async () => {
  const past = new Past();
  past.archive(events('a', 1));
  const { consumer, heard } = listener();
  const id = await past.order();
  await past.work(id, consumer);
  await past.work(id, consumer);
  expect(await past.work('none', consumer)).toEqual({ kind: 'done' });
  expect(heard).toHaveLength(1);
});

test('small objects are read together: a quiet month costs as few pieces of progress as a busy hour', async () => {
  const past = new Past();
  const all = events('a', 300);
  for (let i = 0; i < all.length; i += 3) past.archive(all.slice(i, i + 3));
  const { consumer, heard } = listener();
  const id = await past.order();
  await past.work(id, consumer);
  expect(heard).toEqual(ids(all));
  const { rev = 0 } = (await past.replays.read(id)) ?? {};
  expect(rev).toBeLessThan(20);
});

test('what is passed over does not slow a replay down: only what is handed over counts for the rate', async () => {
  const past = new Past();
  const all = events('a', 90);
  past.archive([...all, sampleEvent('a', 91, { id: 'wanted', type: 'answer.sent' })]);
  const { consumer, heard } = listener();
  const began = past.system.now();
  const id = await past.order({ type: 'answer.sent', rate: 1 });
  await past.work(id, consumer);
  expect(heard).toEqual(['wanted']);
  expect(past.system.now() - began).toBeLessThan(2000);
  const { rev = 0 } = (await past.replays.read(id)) ?? {};
  expect(rev).toBeLessThan(6);
});
