import { expect, it } from 'vitest';
import { platformEvent } from '#runtime/core/event.ts';
import { apiUnderTest } from './api-under-test.ts';
import { post, startedRun } from './change-run.ts';

/** A run of many steps that failed with many words. */
async function largeRun(steps: number) {
  const api = apiUnderTest();
  const run = await startedRun(api);
  const scope = { source: 'test', run, root: run, gen: 0, tenant: 'default', workflow: 'support' };
  const failure = { code: 'RETRYABLE', name: 'Agent.Retryable', message: '"'.repeat(10_000) };
  await api.events.append(
    Array.from({ length: steps }, (_, n) =>
      platformEvent(
        { ...scope, step: { path: `read[${n}]`, attempt: '0.0' }, fence: 1 },
        {
          type: 'signalbox.step.failed',
          atMs: api.system.now(),
          data: {
            agent: 'read',
            durationMs: 1,
            failure: { ...failure, fingerprint: 'f', retryable: true },
          },
        },
      ),
    ),
  );
  await api.project();
  return { api, run };
}

it('A1: an answer of nearly 6 MB is given', async () => {
  const { api, run } = await largeRun(140);
  const { status, body } = await api.ask({ path: `/runs/${run}` });
  expect(status).toBe(200);
  expect(body.steps).toHaveLength(140);
});

it('A1: an answer that Lambda cannot carry is refused in words, not left to the gateway', async () => {
  const { api, run } = await largeRun(200);
  const { status, body } = await api.ask({ path: `/runs/${run}` });
  expect(status).toBe(422);
  expect(body).toMatchObject({
    type: expect.stringMatching(/answer-too-large$/),
    detail: expect.stringContaining('GET /runs/{id}/events'),
  });
});

it('R10: a stop whose answer is too large is done all the same', async () => {
  const { api, run } = await largeRun(200);
  const { status } = await api.ask(post(`/runs/${run}/stop`));
  expect(status).toBe(422);
  expect((await api.ledger.runs.read(run))?.stop).toBeDefined();
});
