import { describe, expect, it } from 'vitest';
import { apiUnderTest } from './api-under-test.ts';
import { end, keepStep, post, startedRun, succeeded, tellEnd } from './change-run.ts';

async function endedRun(status: 'failed' | 'stopped' | 'expired' | 'succeeded' = 'failed') {
  const api = apiUnderTest();
  const run = await startedRun(api);
  await api.project();
  await end(api, run, status);
  await api.system.advance(60_000);
  return { api, run };
}

describe('POST /runs/{id}/resume', () => {
  it.each(['failed', 'stopped', 'expired'] as const)(
    'starts the next generation of a run that has %s, with a whole deadline',
    async (status) => {
      const { api, run } = await endedRun(status);
      const answer = await api.ask(post(`/runs/${run}/resume`));
      expect(answer).toMatchObject({
        status: 202,
        headers: { location: `../${run}` },
        body: { id: run, gen: 1, status: 'accepted', deadlineAt: '2026-01-01T00:03:00.000Z' },
      });
      expect(answer.body.acceptedAt).toBe('2026-01-01T00:00:00.000Z');
      expect(api.orchestrator.inputOf('support', `${run}-1`)).toMatchObject({
        sb: { id: run, gen: 1, deadlineAt: '2026-01-01T00:03:00.000Z' },
      });
    },
  );

  it('takes away stop and end, and keeps who the run is', async () => {
    const { api, run } = await endedRun('stopped');
    const before = await api.ledger.runs.read(run);
    await api.ask(post(`/runs/${run}/resume`, { reason: 'customer called back' }));
    const record = await api.ledger.runs.read(run);
    expect(record).not.toHaveProperty('stop');
    expect(record).not.toHaveProperty('end');
    expect(record).toMatchObject({
      input: before?.input,
      acceptedAt: before?.acceptedAt,
      resumedAt: '2026-01-01T00:01:00.000Z',
      progress: 'announced',
    });
  });

  it('announces the generation, with the reason', async () => {
    const { api, run } = await endedRun();
    await api.ask(post(`/runs/${run}/resume`, { reason: 'customer called back' }));
    expect(api.events.events.at(-1)).toMatchObject({
      type: 'signalbox.run.accepted',
      gen: 1,
      time: '2026-01-01T00:01:00.000Z',
      data: { reason: 'customer called back' },
    });
  });

  it('shows the new generation at once, although the read model knows the end of the former one only', async () => {
    const { api, run } = await endedRun();
    await tellEnd(api, run);
    await api.ask(post(`/runs/${run}/resume`));
    const { body } = await api.ask({ path: `/runs/${run}` });
    expect(body).toMatchObject({ gen: 1, status: 'accepted' });
    expect(body).not.toHaveProperty('error');
    expect(body.generations).toMatchObject([
      { gen: 0, status: 'failed' },
      { gen: 1, status: 'accepted' },
    ]);
  });
});

describe('a resume that is sent again', () => {
  it('gives the same generation to a repeat that names the one it follows', async () => {
    const { api, run } = await endedRun();
    const call = post(`/runs/${run}/resume`, { generation: 0 });
    const [first, second] = [await api.ask(call), await api.ask(call)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.gen).toBe(1);
    expect(api.orchestrator.inputOf('support', `${run}-2`)).toBeNull();
  });

  it('makes one generation of many requests at once', async () => {
    const { api, run } = await endedRun();
    const call = post(`/runs/${run}/resume`, { generation: 0 });
    const answers = await Promise.all([api.send(call), api.send(call), api.send(call)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(await api.ledger.runs.read(run)).toMatchObject({ gen: 1 });
  });

  it('resumes as often as it ends', async () => {
    const { api, run } = await endedRun();
    await api.ask(post(`/runs/${run}/resume`));
    await end(api, run, 'failed');
    expect((await api.ask(post(`/runs/${run}/resume`))).body.gen).toBe(2);
  });

  it('knows a run to have failed from the read model before the ledger does', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await tellEnd(api, run);
    expect((await api.ask(post(`/runs/${run}/resume`))).status).toBe(202);
  });
});

describe('a resume', () => {
  it('R1: goes on right after a stop, and tells how the run ended before', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await api.ask(post(`/runs/${run}/stop`, { reason: 'why' }));
    expect(await api.ask(post(`/runs/${run}/resume`))).toMatchObject({ status: 202 });
    const told = api.events.events.map(({ type, gen }) => `${type} ${gen}`);
    expect(told).toEqual([
      'signalbox.run.accepted 0',
      'signalbox.run.started 0',
      'signalbox.run.stopped 0',
      'signalbox.run.accepted 1',
    ]);
  });

  it('refuses a run that goes on', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    const answer = await api.ask(post(`/runs/${run}/resume`));
    expect(answer).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/run-going-on$/) },
    });
  });

  it('refuses a run that has succeeded', async () => {
    const { api, run } = await endedRun('succeeded');
    const answer = await api.ask(post(`/runs/${run}/resume`));
    expect(answer).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/run-ended$/) },
    });
    expect(answer.body.detail).toContain('has succeeded');
  });

  it('refuses a generation that there is not yet', async () => {
    const { api, run } = await endedRun();
    expect((await api.ask(post(`/runs/${run}/resume`, { generation: 1 }))).status).toBe(409);
  });
});

describe('patches of a resume', () => {
  it('are kept beside those of earlier ones', async () => {
    const { api, run } = await endedRun();
    await keepStep(api, run, 'answer');
    await keepStep(api, run, 'handoff');
    await api.ask(post(`/runs/${run}/resume`, { patches: { answer: { query: 'a' } } }));
    await end(api, run, 'failed');
    await api.ask(post(`/runs/${run}/resume`, { patches: { handoff: 'b' } }));
    expect(await api.ledger.runs.read(run)).toMatchObject({
      gen: 2,
      patches: { answer: { query: 'a' }, handoff: 'b' },
    });
  });

  it('are refused for a step that the run has not come to, naming those that there are', async () => {
    const { api, run } = await endedRun();
    await keepStep(api, run, 'answer');
    const answer = await api.ask(post(`/runs/${run}/resume`, { patches: { anwser: 1 } }));
    expect(answer).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/step-unknown$/) },
    });
    expect(answer.body.detail).toContain('"anwser"; its steps: answer');
    expect(await api.ledger.runs.read(run)).toMatchObject({ gen: 0 });
  });

  it('R3: are refused for a step that has succeeded', async () => {
    const { api, run } = await endedRun();
    await keepStep(api, run, 'intent', succeeded);
    const answer = await api.ask(post(`/runs/${run}/resume`, { patches: { intent: 1 } }));
    expect(answer).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/step-succeeded$/) },
    });
  });

  it.each([
    ['a reference of the platform', { answer: { text: { $sbref: { sha256: 'x', bytes: 1 } } } }],
    ['half a character', { answer: '\ud800' }],
  ])('are refused with %s', async (_what, patches) => {
    const { api, run } = await endedRun();
    await keepStep(api, run, 'answer');
    expect((await api.ask(post(`/runs/${run}/resume`, { patches }))).status).toBe(400);
  });

  it('are refused when the record cannot hold them', async () => {
    const { api, run } = await endedRun();
    await keepStep(api, run, 'answer');
    await keepStep(api, run, 'handoff');
    const large = 'x'.repeat(240 * 1024);
    await api.ask(post(`/runs/${run}/resume`, { patches: { answer: large } }));
    await end(api, run, 'failed');
    const answer = await api.ask(post(`/runs/${run}/resume`, { patches: { handoff: large } }));
    expect(answer.status).toBe(413);
  });
});

describe('R1: a run whose record is nearly full', () => {
  const LIMIT = 398 * 1024;

  /** The answer to a resume that leaves so many bytes of its record free. */
  async function resumedWith(freeBytes: number) {
    const { api, run } = await endedRun();
    await keepStep(api, run, 'answer');
    await keepStep(api, run, 'retrieve');
    const patch = (path: string, bytes: number) =>
      api.ask(post(`/runs/${run}/resume`, { patches: { [path]: 'x'.repeat(bytes) } }));
    await patch('answer', 200 * 1024);
    await end(api, run, 'failed');
    await patch('retrieve', 1);
    const used = Buffer.byteLength(JSON.stringify(await api.ledger.runs.read(run)));
    await end(api, run, 'failed');
    return { api, run, answer: await patch('retrieve', 1 + LIMIT - used - freeBytes) };
  }

  it('can be stopped for a long reason, and its end be noted', async () => {
    const { api, run, answer } = await resumedWith(4200);
    expect(answer.status).toBe(202);
    const reason = '\u0001'.repeat(500);
    expect((await api.ask(post(`/runs/${run}/stop`, { reason }))).status).toBe(200);
    await api.system.advance(60_000);
    await api.reconcile();
    expect((await api.ledger.runs.read(run))?.end?.status).toBe('stopped');
  });

  it('is not accepted when its end would not find a place there', async () => {
    const { api, run, answer } = await resumedWith(40);
    expect(answer.status).toBe(413);
    expect((await api.ledger.runs.read(run))?.gen).toBe(2);
  });
});
