import { describe, expect, it } from 'vitest';
import { readTimer } from '#runtime/core/react/timer.ts';
import type { ApiDependencies } from '#runtime/lambda/api/dependencies.ts';
import { apiUnderTest } from './api-under-test.ts';
import { post } from './change-run.ts';
import { Crash, deaths } from './crash.ts';

type Api = ReturnType<typeof apiUnderTest>;

/** Behind a reactive run stands no execution: whoever asks the orchestrator about one has not understood that. */
const withoutOrchestrator = (real: ApiDependencies): ApiDependencies => {
  const refuse = (): Promise<never> => Promise.reject(new RangeError('no execution'));
  return { ...real, orchestrator: { start: refuse, stop: refuse, describe: refuse } };
};

async function reactiveRun(api: Api): Promise<string> {
  const event = { type: 'message.received', data: { text: 'A table for two' } };
  const { body } = await api.ask(post('/events', event));
  return body.run;
}

/** Runs that the router was asked to look at now. */
const woken = (api: Api): readonly (string | undefined)[] =>
  api.looks.receive().map(({ body, receiptHandle }) => {
    api.looks.delete(receiptHandle);
    return readTimer(body)?.run;
  });

describe('POST /runs/{id}/stop of a reactive run', () => {
  it('R10: puts the order on record, and has the router look at it at once', async () => {
    const api = apiUnderTest(withoutOrchestrator);
    const run = await reactiveRun(api);
    const { status, body } = await api.ask(post(`/runs/${run}/stop`, { reason: 'enough' }));
    expect(status).toBe(200);
    expect(body).toMatchObject({ run: { id: run }, inFlight: [] });
    expect((await api.ledger.runs.read(run))?.stop).toMatchObject({ reason: 'enough' });
    expect(woken(api)).toEqual([run]);
  });

  it('keeps the first order when it is sent again, and has the router look again', async () => {
    const api = apiUnderTest(withoutOrchestrator);
    const run = await reactiveRun(api);
    await api.ask(post(`/runs/${run}/stop`, { reason: 'enough' }));
    expect((await api.ask(post(`/runs/${run}/stop`, { reason: 'again' }))).status).toBe(200);
    expect((await api.ledger.runs.read(run))?.stop?.reason).toBe('enough');
    expect(woken(api)).toEqual([run, run]);
  });

  it.each(deaths(2))(
    'R1: is finished by the reconciler after a crash: $when thing $at',
    async ({ at, when }) => {
      const crash = new Crash();
      const api = apiUnderTest((real) => withoutOrchestrator(crash.around(real)));
      const run = await reactiveRun(api);
      crash.arm(at, when);
      await api.ask(post(`/runs/${run}/stop`));
      crash.count();
      const ordered = (await api.ledger.runs.read(run))?.stop !== undefined;
      woken(api);
      await api.system.advance(60_000);
      await api.reconcile();
      expect(woken(api)).toContain(run);
      // Not ordered, not stopped: then nobody was told that it was.
      expect(ordered).toBe(at === 2 && when === 'after');
    },
  );

  it('is refused once it has ended', async () => {
    const api = apiUnderTest(withoutOrchestrator);
    const run = await reactiveRun(api);
    const record = await api.ledger.runs.read(run);
    if (!record) throw new TypeError('no run');
    const end = { gen: 0, status: 'succeeded', at: '2026-01-01T00:00:01.000Z' } as const;
    await api.ledger.runs.put({ record: { ...record, rev: 3, end }, expectedRev: 2 });
    const { status, body } = await api.ask(post(`/runs/${run}/stop`));
    expect(status).toBe(409);
    expect(body.type).toMatch(/run-ended$/);
  });
});

describe('what a reactive run cannot be', () => {
  it.each([
    ['resume', {}, 'cannot be resumed. While it goes on, an event continues it: POST /events'],
    ['fork', { from: null }, 'cannot be forked. To see it happen anew, send its first event'],
  ])('%s: says what to do instead', async (what, request, detail) => {
    const api = apiUnderTest(withoutOrchestrator);
    const run = await reactiveRun(api);
    const { status, body } = await api.ask(post(`/runs/${run}/${what}`, request));
    expect(status).toBe(409);
    expect(body.type).toMatch(/run-reactive$/);
    expect(body.detail).toContain(`Run ${run} consists of reactions to events`);
    expect(body.detail).toContain(detail);
  });
});

describe('the reconciler', () => {
  it('R1: has the router look at a reactive run, ever more seldom, until its end is on record', async () => {
    const api = apiUnderTest();
    const run = await reactiveRun(api);
    const wokenAfter: number[] = [];
    for (let minute = 1; minute <= 16; minute += 1) {
      await api.system.advance(60_000);
      await api.reconcile();
      if (woken(api).length > 0) wokenAfter.push(minute);
    }
    expect(wokenAfter.length).toBeGreaterThan(2);
    expect(wokenAfter.length).toBeLessThan(8);
    expect(api.orchestrator.inputOf('chat', `${run}-0`)).toBeNull();
    const record = await api.ledger.runs.read(run);
    if (!record) throw new TypeError('no run');
    const end = { gen: 0, status: 'succeeded', at: '2026-01-01T00:00:01.000Z' } as const;
    await api.ledger.runs.put({ record: { ...record, rev: 3, end }, expectedRev: 2 });
    await api.system.advance(3_600_000);
    await api.reconcile();
    expect(woken(api)).toEqual([]);
    expect(api.dueRuns.entries).toEqual([]);
  });
});
