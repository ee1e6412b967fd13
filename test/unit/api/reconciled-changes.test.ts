import { expect, test } from 'vitest';
import { forkIdOf } from '#runtime/core/fork-run.ts';
import type { RestCall } from '../../support/rest-event.ts';
import { apiUnderTest } from './api-under-test.ts';
import { end, keepStep, post, startedRun } from './change-run.ts';
import { Crash, deaths } from './crash.ts';

/** Lets a request die in every way, and the reconciler come instead of a repeat. */
async function everyDeath(
  things: number,
  prepare: (api: ReturnType<typeof apiUnderTest>) => Promise<string>,
  callOf: (run: string) => RestCall,
  check: (api: ReturnType<typeof apiUnderTest>, run: string) => Promise<boolean>,
): Promise<void> {
  let finished = 0;
  for (const { at, when } of deaths(things)) {
    const crash = new Crash();
    const api = apiUnderTest(crash.around);
    const run = await prepare(api);
    crash.arm(at, when);
    expect((await api.ask(callOf(run))).status, `${when} ${at}`).toBe(500);
    crash.count();
    await api.system.advance(60_000);
    await api.reconcile();
    if (await check(api, run)) finished += 1;
  }
  // What died behind the put of its record has to be finished; before it, nothing has been accepted.
  expect(finished).toBe(things * 2 - 3);
}

test('R1, R10: the reconciler finishes a stop that died, and nobody repeats', () =>
  everyDeath(
    3,
    startedRun,
    (run) => post(`/runs/${run}/stop`, { reason: 'why' }),
    async (api, run) => {
      const isOrdered = (await api.ledger.runs.read(run))?.stop !== undefined;
      const execution = { workflow: 'support', executionName: `${run}-0` };
      expect(await api.orchestrator.describe(execution)).toMatchObject({
        status: isOrdered ? 'ABORTED' : 'RUNNING',
      });
      return isOrdered;
    },
  ));

test('R1: the reconciler finishes a resume that died, and nobody repeats', () =>
  everyDeath(
    5,
    async (api) => {
      const run = await startedRun(api);
      await end(api, run, 'failed');
      return run;
    },
    (run) => post(`/runs/${run}/resume`, { generation: 0 }),
    async (api, run) => {
      const record = await api.ledger.runs.read(run);
      const isResumed = record?.gen === 1;
      expect(api.orchestrator.inputOf('support', `${run}-1`) !== null).toBe(isResumed);
      expect(record?.progress).toBe('announced');
      const gens = api.events.events.filter(({ type }) => type === 'signalbox.run.accepted');
      expect(new Set(gens.map(({ gen }) => gen))).toEqual(new Set(isResumed ? [0, 1] : [0]));
      return isResumed;
    },
  ));

test('R1: the reconciler finishes a fork that died, and nobody repeats', () =>
  everyDeath(
    5,
    async (api) => {
      const run = await startedRun(api);
      await keepStep(api, run, 'answer');
      return run;
    },
    (run) => post(`/runs/${run}/fork`, { from: 'answer' }, { 'Idempotency-Key': 'fork-1' }),
    async (api, run) => {
      const origin = await api.ledger.runs.read(run);
      if (origin === null) throw new TypeError('the origin is gone');
      const fork = forkIdOf(origin, 'fork-1');
      const record = await api.ledger.runs.read(fork);
      expect(api.orchestrator.inputOf('support', `${fork}-0`) !== null).toBe(record !== null);
      if (record) expect(record.progress).toBe('announced');
      return record !== null;
    },
  ));
