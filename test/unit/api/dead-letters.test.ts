import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '#runtime/contracts/ledger.ts';
import { failed, failure } from '#runtime/core/failure.ts';
import { hash } from '#runtime/core/hash.ts';
import { sampleLetter } from '../../conformance/samples.ts';
import { stepOutcome } from '../../support/steps.ts';
import { apiUnderTest } from './api-under-test.ts';
import { end, keepStep, post, startedRun, succeeded, tellEnd } from './change-run.ts';
import { Crash, deaths } from './crash.ts';

const idOf = (text: string): string => hash(text);
const redriveCall = (id: string, body?: unknown) => post(`/dead-letters/${id}/redrive`, body);
const DIED = { outcomes: [stepOutcome({ result: failed(failure('DEAD_LETTERED', 'it died')) })] };

/** A run that ended because its step "answer" was given up, and the letter of that. */
async function withLetter(
  api = apiUnderTest(),
  {
    status = 'failed',
    changes = {},
  }: { status?: 'failed' | 'succeeded'; changes?: Partial<DeadLetter> } = {},
) {
  const run = await startedRun(api);
  await keepStep(api, run, 'answer', DIED);
  const letter = sampleLetter(idOf(run), {
    run,
    gen: 0,
    path: 'answer',
    tenant: 'default',
    code: 'DEAD_LETTERED',
    agent: 'answer-question',
    fingerprint: 'f'.repeat(32),
    attempts: 1,
    starts: 6,
    tokens: { inputTokens: 10, outputTokens: 2 },
    ...changes,
  });
  await api.ledger.deadLetters.park(letter);
  await api.project();
  await end(api, run, status);
  await api.system.advance(60_000);
  return { api, run, letter };
}

const redriven = (api: ReturnType<typeof apiUnderTest>) =>
  api.events.events.filter(({ type }) => type === 'signalbox.dead_letter.redriven');

describe('GET /dead-letters', () => {
  it('lists letters newest first, without bodies, page by page', async () => {
    const api = apiUnderTest();
    for (const n of [1, 2, 3]) {
      const parkedAt = `2026-05-01T12:00:0${n}.000Z`;
      await api.ledger.deadLetters.park(sampleLetter(idOf(`${n}`), { parkedAt }));
    }
    const first = await api.ask({ path: '/dead-letters', query: { limit: '2' } });
    expect(first.status).toBe(200);
    expect(first.body.letters.map(({ id }: DeadLetter) => id)).toEqual([idOf('3'), idOf('2')]);
    expect(first.body.letters[0]).not.toHaveProperty('body');
    const query = { limit: '2', cursor: first.body.next };
    const second = await api.ask({ path: '/dead-letters', query });
    expect(second.body.letters.map(({ id }: DeadLetter) => id)).toEqual([idOf('1')]);
    expect(second.body).not.toHaveProperty('next');
  });

  it.each([
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ cursor: 'x' }, 'cursor'],
    [{ status: 'failed' }, 'status'],
  ])('refuses %j by name', async (query, name) => {
    const answer = await apiUnderTest().ask({ path: '/dead-letters', query });
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining(name) } });
  });
});

describe('GET /dead-letters/{id}', () => {
  it('shows a letter with its body', async () => {
    const { api, letter } = await withLetter();
    const answer = await api.ask({ path: `/dead-letters/${letter.id}` });
    expect(answer).toMatchObject({ status: 200, body: letter });
  });

  it.each(['nope', idOf('another'), '%00', '__proto__'])('knows no letter %s', async (id) => {
    const { api } = await withLetter();
    const answer = await api.ask({ path: `/dead-letters/${id}` });
    expect(answer).toMatchObject({
      status: 404,
      body: { type: 'https://signalbox.dev/problems/dead-letter-unknown' },
    });
  });

  it("shows no other tenant's letter, and redrives none", async () => {
    const { api, letter, run } = await withLetter(apiUnderTest(), { changes: { tenant: 'acme' } });
    expect((await api.ask({ path: `/dead-letters/${letter.id}` })).status).toBe(404);
    expect((await api.ask(redriveCall(letter.id))).status).toBe(404);
    expect((await api.ledger.runs.read(run))?.gen).toBe(0);
  });
});

describe('POST /dead-letters/{id}/redrive', () => {
  it('resumes the run with the corrected input, says why, and tells it', async () => {
    const { api, run, letter } = await withLetter();
    const answer = await api.ask(redriveCall(letter.id, { input: { question: 'shorter?' } }));
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: `../../runs/${run}` },
      body: { id: run, gen: 1, status: 'accepted' },
    });
    expect(await api.ledger.runs.read(run)).toMatchObject({
      gen: 1,
      patches: { answer: { question: 'shorter?' } },
      resumeReason: `dead letter ${letter.id} was redriven`,
    });
    expect(api.orchestrator.inputOf('support', `${run}-1`)).not.toBeNull();
    expect(redriven(api)).toMatchObject([
      {
        run,
        gen: 1,
        subject: 'answer',
        time: '2026-01-01T00:01:00.000Z',
        data: { deadLetter: letter.id, agent: 'answer-question' },
      },
    ]);
  });

  it('takes the input of the workflow when none is given', async () => {
    const { api, run, letter } = await withLetter();
    expect((await api.ask(redriveCall(letter.id))).status).toBe(202);
    expect(await api.ledger.runs.read(run)).not.toHaveProperty('patches');
  });

  it('takes null for an input', async () => {
    const { api, run, letter } = await withLetter();
    await api.ask(redriveCall(letter.id, { input: null }));
    expect(await api.ledger.runs.read(run)).toMatchObject({ patches: { answer: null } });
  });
});

describe('a redrive that is sent again', () => {
  it('makes one generation and one event, even when that has ended', async () => {
    const { api, run, letter } = await withLetter();
    const call = redriveCall(letter.id, { input: { question: 'shorter?' } });
    await api.ask(call);
    await api.system.advance(1000);
    expect((await api.ask(call)).status).toBe(202);
    await end(api, run, 'failed');
    const third = await api.ask(call);
    expect(third).toMatchObject({ status: 202, body: { gen: 1 } });
    expect(api.orchestrator.inputOf('support', `${run}-2`)).toBeNull();
    expect(new Set(redriven(api).map((event) => JSON.stringify(event))).size).toBe(1);
  });

  it('is refused another input once the run has gone on with something else', async () => {
    const { api, run, letter } = await withLetter();
    await api.ask(post(`/runs/${run}/resume`, { generation: 0 }));
    const answer = await api.ask(redriveCall(letter.id, { input: { question: 'late?' } }));
    expect(answer).toMatchObject({
      status: 409,
      body: { type: 'https://signalbox.dev/problems/dead-letter-redriven' },
    });
    expect(answer.body.detail).toContain(`/runs/${run}/resume`);
    expect(redriven(api)).toEqual([]);
  });

  it('tells nothing once a later generation has followed', async () => {
    const { api, run, letter } = await withLetter();
    await api.ask(redriveCall(letter.id));
    const told = redriven(api).length;
    await end(api, run, 'failed');
    await api.ask(post(`/runs/${run}/resume`));
    expect((await api.ask(redriveCall(letter.id))).status).toBe(202);
    expect(redriven(api)).toHaveLength(told);
  });

  it('R1: finishes what the first one left, however that died', async () => {
    const world = async () => {
      const crash = new Crash();
      return { crash, ...(await withLetter(apiUnderTest(crash.around))) };
    };
    const whole = await world();
    const call = ({ letter }: { letter: DeadLetter }) =>
      redriveCall(letter.id, { input: { question: 'shorter?' } });
    whole.crash.count();
    await whole.api.ask(call(whole));
    expect(whole.crash.done).toBeGreaterThan(3);
    for (const { at, when } of deaths(whole.crash.done)) {
      const made = await world();
      made.crash.arm(at, when);
      expect((await made.api.ask(call(made))).status, `${when} ${at}`).toBe(500);
      made.crash.count();
      await made.api.system.advance(5000);
      expect((await made.api.ask(call(made))).status).toBe(202);
      const told = redriven(made.api).map((event) => JSON.stringify(event));
      expect(new Set(told).size, `${when} ${at}`).toBe(1);
      expect(made.api.orchestrator.inputOf('support', `${made.run}-1`)).not.toBeNull();
      expect((await made.api.ledger.runs.read(made.run))?.gen).toBe(1);
    }
  });
});

describe('a dead letter that cannot be redriven', () => {
  it.each([
    ['of a status that was not published', { code: 'RUN_STATUS_UNPUBLISHED' }, {}],
    ['of no step, with an input', { code: 'MESSAGE_INVALID' }, { input: 1 }],
  ])('is one %s', async (_name, changes, body) => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await end(api, run, 'failed');
    const letter = sampleLetter(idOf(run), { run, gen: 0, ...changes });
    await api.ledger.deadLetters.park(letter);
    expect(await api.ask(redriveCall(letter.id, body))).toMatchObject({
      status: 409,
      body: { type: 'https://signalbox.dev/problems/dead-letter-no-step' },
    });
    expect((await api.ledger.runs.read(run))?.gen).toBe(0);
  });

  it('is one of a run that goes on, or has succeeded', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    const letter = sampleLetter(idOf(run), { run, gen: 0, code: 'DEAD_LETTERED' });
    await api.ledger.deadLetters.park(letter);
    expect((await api.ask(redriveCall(letter.id))).status).toBe(409);
    const ended = await withLetter(apiUnderTest(), { status: 'succeeded' });
    expect((await ended.api.ask(redriveCall(ended.letter.id))).status).toBe(409);
  });

  it('is one whose step has succeeded meanwhile, when it is given another input', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    await keepStep(api, run, 'answer', succeeded);
    await tellEnd(api, run);
    await end(api, run, 'failed');
    const letter = sampleLetter(idOf(run), { run, gen: 0, path: 'answer', code: 'DEAD_LETTERED' });
    await api.ledger.deadLetters.park(letter);
    expect((await api.ask(redriveCall(letter.id, { input: 1 }))).status).toBe(422);
  });

  it.each([
    [{ inputs: 1 }, 'request-invalid'],
    [{ input: { $sbref: { sha256: 'a'.repeat(64), bytes: 1 } } }, 'request-invalid'],
    ['[', 'body-invalid'],
  ])('is one redriven with the body %j', async (body, slug) => {
    const { api, letter, run } = await withLetter();
    const call = redriveCall(letter.id, body);
    const sent = typeof body === 'string' ? { ...call, body } : call;
    expect(await api.ask(sent)).toMatchObject({
      status: 400,
      body: { type: `https://signalbox.dev/problems/${slug}` },
    });
    expect((await api.ledger.runs.read(run))?.gen).toBe(0);
  });
});
