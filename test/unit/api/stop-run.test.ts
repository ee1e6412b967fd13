import { describe, expect, it } from 'vitest';
import { platformEvent } from '#runtime/core/event.ts';
import { failure } from '#runtime/core/failure.ts';
import { NOW, stepOutcome } from '../../support/steps.ts';
import { apiUnderTest } from './api-under-test.ts';
import { end, keepStep, post, startedRun, succeeded, tellEnd } from './change-run.ts';

const ABSENT = '0'.repeat(26);

describe('POST /runs/{id}/stop', () => {
  it('R10: puts the order on record and ends the execution', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await api.system.advance(3000);
    const { status, body } = await api.ask(post(`/runs/${run}/stop`, { reason: 'wrong customer' }));
    expect(status).toBe(200);
    expect(body).toMatchObject({ run: { id: run }, inFlight: [] });
    expect(await api.ledger.runs.read(run)).toMatchObject({
      stop: { at: '2026-01-01T00:00:03.000Z', reason: 'wrong customer' },
    });
    const execution = { workflow: 'support', executionName: `${run}-0` };
    expect(await api.orchestrator.describe(execution)).toMatchObject({
      status: 'ABORTED',
      error: 'Agent.Stopped',
      cause: '{"code":"STOPPED","message":"wrong customer"}',
    });
  });

  it('R10: puts the order on record without reading the events of the run, of which there may be many', async () => {
    const api = apiUnderTest((real) => ({
      ...real,
      readModel: {
        listing: (run) => real.readModel.listing(run),
        list: (query) => real.readModel.list(query),
        events: () => Promise.reject(new RangeError('too many')),
      },
    }));
    const run = await startedRun(api);
    await api.ask(post(`/runs/${run}/stop`));
    expect((await api.ledger.runs.read(run))?.stop).toBeDefined();
  });

  it('takes no body for a stop without a reason', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    expect((await api.ask(post(`/runs/${run}/stop`))).status).toBe(200);
  });

  it('names the fields that there are when it is sent another one', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    expect(await api.ask(post(`/runs/${run}/stop`, { reasn: 'wrong customer' }))).toMatchObject({
      status: 400,
      body: {
        errors: [{ field: '$', problem: 'has "reasn"; allowed: generation, reason' }],
      },
    });
  });

  it('keeps the first order when it is sent again', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await api.ask(post(`/runs/${run}/stop`, { reason: 'first' }));
    await api.system.advance(1000);
    const again = await api.ask(post(`/runs/${run}/stop`, { reason: 'second' }));
    expect(again.status).toBe(200);
    expect(await api.ledger.runs.read(run)).toMatchObject({ stop: { reason: 'first' } });
  });

  it('answers a repeat when the run has ended as stopped', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await api.ask(post(`/runs/${run}/stop`));
    await end(api, run, 'stopped');
    expect((await api.ask(post(`/runs/${run}/stop`))).status).toBe(200);
  });
});

describe('a stop', () => {
  it.each(['succeeded', 'failed', 'expired'] as const)(
    'R1: refuses to stop a run that has %s, and says so',
    async (status) => {
      const api = apiUnderTest();
      const run = await startedRun(api);
      await end(api, run, status);
      const answer = await api.ask(post(`/runs/${run}/stop`));
      expect(answer).toMatchObject({
        status: 409,
        body: { type: expect.stringMatching(/run-ended$/) },
      });
      expect(answer.body.detail).toContain(`has ${status} already`);
    },
  );

  it('R1: comes too late for a run that has ended meanwhile, and says so', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    const execution = { workflow: 'support', executionName: `${run}-0` };
    api.orchestrator.end(execution, { status: 'SUCCEEDED', output: '{}' });
    const answer = await api.ask(post(`/runs/${run}/stop`));
    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('has succeeded already');
  });

  it('refuses a run that the read model knows to have ended before the ledger does', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await tellEnd(api, run);
    expect((await api.ask(post(`/runs/${run}/stop`))).status).toBe(409);
  });
});

describe('a stop that names its generation', () => {
  it('R10: is a stop like any other while the run is in it', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    expect((await api.ask(post(`/runs/${run}/stop`, { generation: 0 }))).status).toBe(200);
    expect((await api.ask(post(`/runs/${run}/stop`, { generation: 0 }))).status).toBe(200);
  });

  it('leaves the generation alone that was begun since', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await api.ask(post(`/runs/${run}/stop`, { generation: 0 }));
    expect((await api.ask(post(`/runs/${run}/resume`, { generation: 0 }))).status).toBe(202);
    const late = await api.ask(post(`/runs/${run}/stop`, { generation: 0 }));
    expect(late).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/run-ended$/) },
    });
    expect(late.body.detail).toContain('is in generation 1');
    expect((await api.ledger.runs.read(run))?.stop).toBeUndefined();
    const execution = { workflow: 'support', executionName: `${run}-1` };
    expect(await api.orchestrator.describe(execution)).toMatchObject({ status: 'RUNNING' });
  });

  it('does nothing when there is no such generation yet', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    const early = await api.ask(post(`/runs/${run}/stop`, { generation: 1 }));
    expect(early).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/run-going-on$/) },
    });
    expect((await api.ledger.runs.read(run))?.stop).toBeUndefined();
  });
});

describe('what a stop reports', () => {
  it('R10: lists the steps in flight with their calls, those of a lost worker too', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    const scope = {
      source: 'test',
      run,
      root: run,
      gen: 0,
      tenant: 'default',
      workflow: 'support',
    };
    const at = (path: string) => ({ ...scope, step: { path, attempt: '0.0' }, fence: 1 });
    const told = (path: string, call: string, kind: 'model' | 'effect', atMs: number) =>
      platformEvent(at(path), {
        type: 'signalbox.call.started',
        atMs: NOW + atMs,
        data: { call, kind },
      });
    const started = platformEvent(at('answer'), {
      type: 'signalbox.step.started',
      atMs: NOW + 100,
      data: { agent: 'answer-question', start: 1 },
    });
    await keepStep(api, run, 'intent', succeeded);
    await api.system.advance(1000);
    await keepStep(api, run, 'answer', { started: [started] });
    await api.ledger.calls.put({
      record: {
        run,
        path: 'answer',
        call: 'effect:note-crm',
        rev: 1,
        fence: 1,
        state: 'started',
        events: [told('answer', 'note-crm', 'effect', 300)],
      },
      expectedRev: null,
    });
    await api.events.append([started, told('answer', 'draft', 'model', 200)]);
    await api.project();
    const { body } = await api.ask(post(`/runs/${run}/stop`));
    expect(body.inFlight).toEqual([
      {
        path: 'answer',
        agent: 'test-agent',
        attempt: 1,
        status: 'running',
        since: '2026-01-01T00:00:00.100Z',
        calls: [
          { call: 'draft', kind: 'model', since: '2026-01-01T00:00:00.200Z' },
          { call: 'note-crm', kind: 'effect', since: '2026-01-01T00:00:00.300Z' },
        ],
      },
    ]);
  });
});

describe('what a stop reports later', () => {
  it('R10: is what was in flight then, how ever it has ended since', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await api.system.advance(5000);
    await api.ask(post(`/runs/${run}/stop`));
    const ended = (ms: number) => ({
      outcomes: [
        stepOutcome({
          endedAt: new Date(NOW + ms).toISOString(),
          result: { status: 'stopped', failure: failure('STOPPED', 'why') },
        }),
      ],
    });
    await keepStep(api, run, 'before', succeeded);
    await keepStep(api, run, 'working', ended(5300));
    await keepStep(api, run, 'waiting', { ...ended(5300), starts: 0 });
    const { body } = await api.ask(post(`/runs/${run}/stop`));
    expect(body.inFlight).toMatchObject([{ path: 'working', status: 'stopped' }]);
  });
});

describe('a stop of', () => {
  it.each([
    ['a run that there is not', ABSENT, undefined, 404],
    ['something that is no run id', 'nonsense', undefined, 404],
    ['a reason that is no text', null, { reason: 7 }, 400],
    ['a field that it does not know', null, { because: 'of it' }, 400],
  ])('%s is refused', async (_what, id, body, status) => {
    const api = apiUnderTest();
    const run = id ?? (await startedRun(api));
    expect((await api.ask(post(`/runs/${run}/stop`, body))).status).toBe(status);
  });
});
