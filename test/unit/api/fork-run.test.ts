import { describe, expect, it } from 'vitest';
import { apiUnderTest, QUESTION } from './api-under-test.ts';
import { keepStep, post, startedRun, succeeded } from './change-run.ts';

async function origin() {
  const api = apiUnderTest();
  const run = await startedRun(api);
  await keepStep(api, run, 'intent', { ...succeeded, queuedAt: '2026-01-01T00:00:01.000Z' });
  await keepStep(api, run, 'answer', { ...succeeded, queuedAt: '2026-01-01T00:00:05.000Z' });
  await api.system.advance(60_000);
  return { api, run };
}

describe('POST /runs/{id}/fork', () => {
  it('starts a new run of the same input, from the moment when the step was first queued', async () => {
    const { api, run } = await origin();
    const { status, headers, body } = await api.ask(post(`/runs/${run}/fork`, { from: 'answer' }));
    expect(status).toBe(202);
    expect(body.id).not.toBe(run);
    expect(headers.location).toBe(`../${body.id}`);
    expect(body).toMatchObject({
      status: 'accepted',
      gen: 0,
      tags: { customer: 'c-1' },
      forkedFrom: { run, from: 'answer' },
      deadlineAt: '2026-01-01T00:03:00.000Z',
    });
    expect(api.orchestrator.inputOf('support', `${body.id}-0`)).toEqual({
      sb: expect.objectContaining({ id: body.id, root: body.id, forkedFrom: run }),
      input: { ...QUESTION, priority: 'low' },
    });
    expect(await api.ledger.runs.read(body.id)).toMatchObject({
      forkedFrom: { run, from: 'answer', before: '2026-01-01T00:00:05.000Z', liveEffects: false },
    });
  });

  it('leaves the origin as it is', async () => {
    const { api, run } = await origin();
    const before = await api.ledger.runs.read(run);
    await api.ask(post(`/runs/${run}/fork`, { from: 'answer' }));
    expect(await api.ledger.runs.read(run)).toEqual(before);
  });

  it('without a step, does everything anew', async () => {
    const { api, run } = await origin();
    const { body } = await api.ask(post(`/runs/${run}/fork`));
    expect(body.forkedFrom).toEqual({ run, from: null });
    expect(await api.ledger.runs.read(body.id)).toMatchObject({
      forkedFrom: { from: null, liveEffects: false },
    });
  });

  it('takes patches, and those of the origin, and live effects', async () => {
    const { api, run } = await origin();
    const first = await api.ask(post(`/runs/${run}/fork`, { patches: { intent: 1 } }));
    await keepStep(api, first.body.id, 'answer');
    const second = await api.ask(
      post(`/runs/${first.body.id}/fork`, {
        from: 'answer',
        patches: { answer: { query: 'else' } },
        liveEffects: true,
      }),
    );
    expect(await api.ledger.runs.read(second.body.id)).toMatchObject({
      patches: { intent: 1, answer: { query: 'else' } },
      forkedFrom: { run: first.body.id, liveEffects: true, lineage: [run] },
    });
  });

  it('refuses a step that the origin has not come to, naming those that there are', async () => {
    const { api, run } = await origin();
    for (const body of [{ from: 'anwser' }, { patches: { anwser: 1 } }]) {
      const answer = await api.ask(post(`/runs/${run}/fork`, body));
      expect(answer).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/step-unknown$/) },
      });
      expect(answer.body.detail).toContain('"anwser"; its steps: answer, intent');
    }
  });

  it.each([
    ['a reference of the platform in a patch', { patches: { answer: { $sbref: {} } } }],
    ['a step that is no text', { from: 7 }],
    ['a field that it does not know', { live: true }],
  ])('refuses %s', async (_what, body) => {
    const { api, run } = await origin();
    expect((await api.ask(post(`/runs/${run}/fork`, body))).status).toBe(400);
  });
});

describe('an Idempotency-Key of a fork', () => {
  const keyed = { 'Idempotency-Key': 'key-1' };

  it('gives the same fork twice, whatever became of the origin', async () => {
    const { api, run } = await origin();
    const call = post(`/runs/${run}/fork`, { from: 'answer' }, keyed);
    const first = await api.ask(call);
    await keepStep(api, run, 'handoff');
    const second = await api.ask(call);
    expect(second).toMatchObject({ status: 202, body: { id: first.body.id } });
  });

  it('refuses another request under the same key', async () => {
    const { api, run } = await origin();
    await api.ask(post(`/runs/${run}/fork`, { from: 'answer' }, keyed));
    const other = await api.ask(post(`/runs/${run}/fork`, { from: 'intent' }, keyed));
    expect(other).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/idempotency-conflict$/) },
    });
  });

  it('belongs to its origin', async () => {
    const { api, run } = await origin();
    const first = await api.ask(post(`/runs/${run}/fork`, {}, keyed));
    const second = await api.ask(post(`/runs/${first.body.id}/fork`, {}, keyed));
    expect(second.status).toBe(202);
    expect(second.body.id).not.toBe(first.body.id);
  });
});
