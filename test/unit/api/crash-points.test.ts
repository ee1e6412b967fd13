import { describe, expect, it } from 'vitest';
import { runIdOf } from '#runtime/core/run-id.ts';
import type { ApiDependencies } from '#runtime/lambda/api/dependencies.ts';
import { apiUnderTest, startCall } from './api-under-test.ts';

const call = startCall({ 'Idempotency-Key': 'key-1' });

/** Crashes once, at the `at`-th thing that the front door does outside, before or after it took effect. */
function crashing(at: number, when: 'before' | 'after') {
  let done = 0;
  const risky =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      done += 1;
      const isHere = done === at;
      if (isHere && when === 'before') throw new RangeError('crashed');
      const result = await act(...args);
      if (isHere) throw new RangeError('crashed');
      return result;
    };
  return (real: ApiDependencies): ApiDependencies => ({
    ...real,
    runs: { read: (run) => real.runs.read(run), put: risky((write) => real.runs.put(write)) },
    dueRuns: {
      put: risky((entry) => real.dueRuns.put(entry)),
      due: (query) => real.dueRuns.due(query),
      remove: (entry) => real.dueRuns.remove(entry),
    },
    orchestrator: {
      start: risky((run) => real.orchestrator.start(run)),
      stop: (execution) => real.orchestrator.stop(execution),
      describe: (execution) => real.orchestrator.describe(execution),
    },
    events: { append: risky((events) => real.events.append(events)) },
  });
}

const POINTS = [
  [1, 'the entry for the reconciler'],
  [2, 'the put of the record'],
  [3, 'the start of the execution'],
  [4, 'the announcement'],
  [5, 'the note of progress'],
] as const;
const CASES = POINTS.flatMap(([at, what]) =>
  (['before', 'after'] as const).map((when) => [when, what, at] as const),
);

describe('R1: a repeat finishes what a crash left', () => {
  it.each(CASES)('%s %s', async (when, _what, at) => {
    const api = apiUnderTest(crashing(at, when));
    expect((await api.ask(call)).status).toBe(500);

    const { status, body } = await api.ask(call);
    expect(status).toBe(202);
    expect(api.orchestrator.inputOf('support', `${body.id}-0`)).toMatchObject({ sb: { gen: 0 } });
    const told = new Set(api.events.events.map((event) => JSON.stringify(event)));
    expect(told.size).toBe(1);
    expect(await api.ledger.runs.read(body.id)).toMatchObject({ progress: 'announced' });
  });

  it('does nothing more for a run that was announced', async () => {
    let calls = 0;
    const api = apiUnderTest((real) => ({
      ...real,
      orchestrator: {
        stop: (execution) => real.orchestrator.stop(execution),
        describe: (execution) => real.orchestrator.describe(execution),
        start: (run) => {
          calls += 1;
          return real.orchestrator.start(run);
        },
      },
    }));
    await api.ask(call);
    await api.ask(call);
    expect(calls).toBe(1);
  });
});

describe('R1: the reconciler finishes what a crash left, and nobody repeats', () => {
  it.each(CASES)('%s %s', async (when, _what, at) => {
    const api = apiUnderTest(crashing(at, when));
    expect((await api.ask(call)).status).toBe(500);

    await api.system.advance(60_000);
    await api.reconcile();
    const run = runIdOf('default', 'support', 'key-1');
    const record = await api.ledger.runs.read(run);
    const isAccepted = at > 2 || (at === 2 && when === 'after');
    expect(record?.progress).toBe(isAccepted ? 'announced' : undefined);
    expect(api.orchestrator.inputOf('support', `${run}-0`) !== null).toBe(isAccepted);
    const told = new Set(api.events.events.map(({ type }) => type));
    expect(told.has('signalbox.run.accepted')).toBe(isAccepted);
    // It stays under watch exactly while it is not known to have ended.
    expect(api.dueRuns.entries.map((entry) => entry.run)).toEqual(isAccepted ? [run] : []);
  });
});
