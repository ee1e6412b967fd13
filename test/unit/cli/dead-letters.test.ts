import { describe, expect, it } from 'vitest';
import { registerDeadLetters } from '../../../cli/dead-letters/register-dead-letters.ts';
import type { DeadLetter } from '../../../runtime/contracts/ledger.ts';
import { commandLine } from './command-line.ts';
import type { Answer, Received } from './fake-api.ts';
import { run } from './fixtures.ts';

const signalbox = (argv: readonly string[], answer: (request: Received) => Answer) =>
  commandLine([registerDeadLetters], ['dead-letters', ...argv], answer, {
    readStdin: async () => '{"question":"from stdin"}',
  });

const LETTER: DeadLetter = {
  id: 'a'.repeat(32),
  parkedAt: '2026-11-24T12:00:00.000Z',
  agent: 'answer-question',
  code: 'DEAD_LETTERED',
  cause: 'started 6 times without an end:\u001b[2J its worker dies of it.',
  body: '{"input":{"question":"why?\u009b2J"},"taskToken":"[removed]"}',
  run: 'run-1',
  gen: 1,
  path: 'answer',
  fingerprint: 'f'.repeat(32),
  attempts: 1,
  starts: 6,
  tokens: { inputTokens: 120, outputTokens: 8 },
};
const { body: _, ...SUMMARY } = LETTER;

describe('dead-letters list', () => {
  it('draws a table and names the next step', async () => {
    const { out, received } = await signalbox(['list', '--limit', '5'], () => ({
      body: { letters: [SUMMARY], next: 'c1' },
    }));
    expect(received[0]?.path).toBe('/dead-letters?limit=5');
    expect(out).toContain('2026-11-24 12:00:00');
    expect(out).toMatch(/DEAD_LETTERED +answer-question +answer +started 6 times/);
    expect(out).toContain(`npx signalbox dead-letters show ${LETTER.id}`);
    expect(out).toContain('--cursor c1');
    expect(out).not.toContain('\u001b');
  });

  it('says when there are none', async () => {
    const { out } = await signalbox(['list'], () => ({ body: { letters: [] } }));
    expect(out).toBe('no dead letters\n');
  });

  it('prints the page as JSON', async () => {
    const page = { letters: [SUMMARY] };
    const { out } = await signalbox(['list', '--json'], () => ({ body: page }));
    expect(JSON.parse(out)).toEqual(page);
  });

  it('refuses a limit that no page has', async () => {
    const { exitCode, err } = await signalbox(['list', '--limit', '0'], () => ({ body: {} }));
    expect(exitCode).toBe(2);
    expect(err).toContain('1 to 100');
  });
});

describe('dead-letters show', () => {
  it('tells cause, past and message, and what to do next', async () => {
    const { out, received } = await signalbox(['show', LETTER.id], () => ({ body: LETTER }));
    expect(received[0]?.path).toBe(`/dead-letters/${LETTER.id}`);
    expect(out).toMatch(/^started 6 times without an end: its worker dies of it\./);
    expect(out).toContain('attempt 1, starts without an end: 6, tokens in: 120, out: 8');
    expect(out).toContain('"question": "why?2J"');
    expect(out).toContain('npx signalbox runs show run-1');
    expect(out).toContain(`npx signalbox dead-letters redrive ${LETTER.id} --input`);
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('offers no redrive of a letter that is of no run', async () => {
    const { run: _run, gen: _gen, path: _path, ...letter } = { ...LETTER, body: 'not json' };
    const { out } = await signalbox(['show', LETTER.id], () => ({ body: letter }));
    expect(out).toContain('not json');
    expect(out).not.toContain('redrive');
  });

  it('says where to look when there is no such letter', async () => {
    const problem = {
      type: 'https://signalbox.dev/problems/dead-letter-unknown',
      title: 'No such dead letter',
      status: 404,
      detail: 'There is no dead letter "x"',
    };
    const { err, exitCode } = await signalbox(['show', 'x'], () => ({
      status: 404,
      body: problem,
    }));
    expect(exitCode).toBe(1);
    expect(err).toContain('npx signalbox dead-letters list');
  });
});

describe('dead-letters redrive', () => {
  const sentBy = async (...argv: string[]) => {
    const answer = () => ({ status: 202, body: run({ id: 'run-1', gen: 2, status: 'accepted' }) });
    const { out, received } = await signalbox(['redrive', LETTER.id, ...argv], answer);
    const [request] = received;
    expect(request).toMatchObject({ method: 'POST', path: `/dead-letters/${LETTER.id}/redrive` });
    expect(out).toContain('run run-1 accepted, generation 2');
    return JSON.parse(request?.body ?? '');
  };

  it('sends the input and the reason, and prints the run', async () => {
    const sent = await sentBy('--input', '{"question":"shorter?"}', '--reason', 'too long');
    expect(sent).toEqual({ input: { question: 'shorter?' }, reason: 'too long' });
  });

  it('sends no input when none is given', async () => {
    expect(await sentBy()).toEqual({});
  });

  it('takes null for an input, and reads standard input', async () => {
    expect(await sentBy('--input', 'null')).toEqual({ input: null });
    expect(await sentBy('--input-file', '-')).toEqual({ input: { question: 'from stdin' } });
  });
});
