import { describe, expect, it } from 'vitest';
import { diffPage } from '../../../cli/draw/diff.ts';
import { lineDiff } from '../../../cli/draw/line-diff.ts';
import { noPaint } from '../../../cli/draw/paint.ts';
import { widthOf } from '../../../cli/draw/text.ts';
import { registerRuns } from '../../../cli/runs/register-runs.ts';
import type { RunDiff, RunInDiff, StepInDiff } from '../../../runtime/contracts/api.ts';
import { commandLine } from './command-line.ts';
import type { Answer, Received } from './fake-api.ts';
import { run, step } from './fixtures.ts';

const signalbox = (argv: readonly string[], answer: (request: Received) => Answer) =>
  commandLine([registerRuns], argv, answer, {
    width: 100,
    now: () => Date.parse('2026-11-24T12:00:05.000Z'),
  });

const inFlight = [
  {
    path: 'answer',
    agent: 'answer-question',
    attempt: 2,
    status: 'running',
    since: '2026-11-24T12:00:03.000Z',
    calls: [{ call: 'draft', kind: 'model', since: '2026-11-24T12:00:04.000Z' }],
  },
];

describe('runs stop', () => {
  it('tells what was in flight, and what to do next', async () => {
    const { out, received } = await signalbox(
      ['runs', 'stop', 'r1', '--reason', 'wrong customer'],
      () => ({ body: { run: run({ status: 'running' }), inFlight } }),
    );
    expect(received).toMatchObject([
      { method: 'POST', path: '/runs/r1/stop', body: '{"reason":"wrong customer"}' },
    ]);
    expect(out.split('\n')).toEqual([
      'stopping run r1: nothing new begins in it',
      '1 step in flight:',
      '   ● answer (answer-question, try 2), begun 2.0 s ago: still at work, for a moment',
      '     model draft, begun 1.0 s ago',
      'npx signalbox watch r1',
      'npx signalbox runs resume r1',
      '',
    ]);
  });

  it('does not offer to resume what consists of reactions to events', async () => {
    const reacting = run({ status: 'stopped', steps: [step('search@0')] });
    const stop = await signalbox(['runs', 'stop', 'r1'], () => ({
      body: { run: reacting, inFlight: [] },
    }));
    const show = await signalbox(['runs', 'show', 'r1'], () => ({ body: reacting }));
    for (const { out } of [stop, show]) {
      expect(out).toContain('r1');
      expect(out).not.toMatch(/runs (resume|fork)/);
    }
  });

  it('says what helps when the run has ended otherwise', async () => {
    const { err, exitCode } = await signalbox(['runs', 'stop', 'r1'], () => ({
      status: 409,
      body: { type: 'https://signalbox.dev/problems/run-ended', title: 't', detail: 'Too late.' },
    }));
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^error Too late\.\nnext {2}Do a part of it anew/);
  });
});

describe('runs resume', () => {
  const answer = ({ method }: Received): Answer => ({
    status: method === 'POST' ? 202 : 200,
    body: run({ status: 'accepted', gen: method === 'POST' ? 2 : 1 }),
  });

  it('follows the generation that the run is in, with patches', async () => {
    const { out, received } = await signalbox(
      ['runs', 'resume', 'r1', '--patch', 'answer={"question":"a=b"}', '--patch', 'search[0]=1'],
      answer,
    );
    expect(JSON.parse(received.at(-1)?.body ?? '')).toEqual({
      generation: 1,
      patches: { answer: { question: 'a=b' }, 'search[0]': 1 },
    });
    expect(out).toContain('run r1 accepted, generation 2');
  });

  it.each([
    [['--patch', 'answer']],
    [['--patch', 'answer={']],
    [['--patch', 'a=1', '--patch', 'a=2']],
    [['--patch', 'a=@absent.json']],
    [['--generation', 'last']],
  ])('refuses %j as wrong usage', async (options) => {
    const { exitCode, received } = await signalbox(['runs', 'resume', 'r1', ...options], answer);
    expect(exitCode).toBe(2);
    expect(received).toEqual([]);
  });
});

describe('runs fork and runs rerun', () => {
  const answer = (): Answer => ({ status: 202, body: run({ id: 'r2', status: 'accepted' }) });

  it('forks from a step, and names the diff', async () => {
    const { out, received } = await signalbox(
      ['runs', 'fork', 'r1', '--from', 'answer', '--live-effects', '--idempotency-key', 'k1'],
      answer,
    );
    expect(received).toMatchObject([
      { path: '/runs/r1/fork', headers: { 'idempotency-key': 'k1' } },
    ]);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      from: 'answer',
      patches: {},
      liveEffects: true,
    });
    expect(out).toContain('npx signalbox runs diff r1 r2');
  });

  it('reruns from the start', async () => {
    const { received } = await signalbox(['runs', 'rerun', 'r1'], answer);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ patches: {} });
  });

  it('wants a step to fork from', async () => {
    expect((await signalbox(['runs', 'fork', 'r1'], answer)).exitCode).toBe(2);
  });

  it('shows of whom a run is a fork, what it took over, and how a refused effect is performed', async () => {
    const blocked = {
      code: 'EFFECT_BLOCKED',
      name: 'Agent.EffectBlocked',
      message: 'not here',
      retryable: false,
      fingerprint: 'f',
    };
    const view = run({
      status: 'failed',
      forkedFrom: { run: 'r0', from: 'handoff' },
      steps: [
        step('intent', { reusedFrom: 'r0', runMs: 0 }),
        step('handoff', { status: 'failed', failure: blocked }),
      ],
    });
    const { out } = await signalbox(['runs', 'show', 'r1'], () => ({ body: view }));
    expect(out).toContain('reused from r0');
    expect(out).toContain('fork of   r0 (from handoff on)');
    expect(out).toContain('npx signalbox runs fork r1 --from handoff --live-effects');
    expect(out).not.toContain('runs resume');
  });
});

describe('runs fork with a patch', () => {
  const answer = (): Answer => ({ status: 202, body: run({ id: 'r2', status: 'accepted' }) });
  const effect = (call: string, status = 'succeeded') => ({
    call,
    kind: 'effect',
    status,
    startedAt: '2026-11-24T12:00:01.000Z',
  });
  const span = (path: string, second: number, calls: readonly unknown[] = []) => ({
    path,
    status: 'succeeded',
    queuedAt: `2026-11-24T12:00:0${second}.000Z`,
    endedAt: `2026-11-24T12:00:0${second + 1}.000Z`,
    calls,
  });
  const trace = {
    gen: 0,
    generations: [{ gen: 0 }],
    spans: [
      span('intent', 1, [effect('note-intent')]),
      span('answer', 2, [effect('note-answer'), { ...effect('draft'), kind: 'model' }]),
      span('ticket', 4, [effect('open-ticket'), effect('open-ticket'), effect('mail', 'failed')]),
    ],
  };
  const fork = (patch: string, spans: readonly unknown[] = trace.spans) =>
    signalbox(['runs', 'fork', 'r1', '--from', 'answer', '--patch', patch], ({ path }) =>
      path.endsWith('/trace') ? { body: { ...trace, spans } } : answer(),
    );

  it('warns of effects that are taken over from the patched step on', async () => {
    const { err, exitCode } = await fork('answer={}');
    expect(err.split('\n').filter(Boolean)).toEqual([
      expect.stringMatching(/^warning effect "note-answer" of answer is taken over from r1/),
      expect.stringMatching(/^warning effect "open-ticket" of ticket is taken over from r1/),
    ]);
    expect(exitCode).toBe(0);
  });

  it('warns of none where nothing outside was changed behind it', async () => {
    expect((await fork('answer={}', [span('answer', 2), span('ticket', 4)])).err).toBe('');
  });

  it('does not warn of what began beside a step that never ended', async () => {
    const open = { ...span('answer', 2), status: 'failed' };
    expect((await fork('answer={}', [open, trace.spans[2]])).err).toBe('');
  });

  it('tells of the fork although nothing can be found out about its origin', async () => {
    const { out, err, exitCode } = await signalbox(
      ['runs', 'fork', 'r1', '--from', 'answer', '--patch', 'answer={}'],
      ({ path }) =>
        path.endsWith('/trace')
          ? { status: 404, body: { type: 'about:blank', title: 't', detail: 'gone' } }
          : answer(),
    );
    expect({ err, exitCode }).toEqual({ err: '', exitCode: 0 });
    expect(out).toContain('run r2 accepted');
  });

  it('asks for no trace without a patch', async () => {
    const { received } = await signalbox(['runs', 'fork', 'r1', '--from', 'answer'], answer);
    expect(received).toHaveLength(1);
  });
});

const side = (changes: Partial<RunInDiff> = {}): RunInDiff => ({
  id: 'r1',
  workflow: 'support',
  status: 'succeeded',
  sentence: 'succeeded in 1.0 s: 2 steps',
  totalMs: 1000,
  tokens: { inputTokens: 100, outputTokens: 10 },
  output: { kind: 'answered', answer: 'one' },
  ...changes,
});

const stepIn = (changes: Partial<StepInDiff> = {}): StepInDiff => ({
  agent: 'answer-question',
  status: 'succeeded',
  attempts: 1,
  queuedMs: 10,
  deferredMs: 0,
  runMs: 500,
  tokens: { inputTokens: 100, outputTokens: 10 },
  calls: [{ call: 'answer', kind: 'model', status: 'succeeded', requestHash: 'aaaaaaaaaaaa' }],
  ...changes,
});

const changed: RunDiff = {
  a: side(),
  b: side({
    id: 'r2',
    forkedFrom: { run: 'r1', from: 'answer' },
    output: { kind: 'answered', answer: 'two' },
  }),
  sameInput: true,
  sameResult: false,
  divergence: { path: 'answer', differs: 'requests' },
  steps: [
    { path: 'intent', differs: [], a: stepIn(), b: stepIn({ reusedFrom: 'r1', runMs: 0 }) },
    {
      path: 'answer',
      differs: ['requests', 'result'],
      a: stepIn(),
      b: stepIn({
        calls: [
          { call: 'answer', kind: 'model', status: 'succeeded', requestHash: 'bbbbbbbbbbbb' },
        ],
      }),
    },
  ],
};

describe('runs diff', () => {
  it('says first where the runs go apart, then how each step did, then what came out', async () => {
    const { out, received } = await signalbox(['runs', 'diff', 'r1', 'r2'], () => ({
      body: changed,
    }));
    expect(received).toMatchObject([{ path: '/runs/r1/diff/r2' }]);
    expect(out.split('\n')).toEqual([
      'a  r1  ✓ succeeded in 1.0 s: 2 steps',
      'b  r2  ✓ succeeded in 1.0 s: 2 steps',
      '   forked from r1 at answer',
      '',
      'They go apart at answer after 1 step alike: it asked its models and tools something else. They came',
      'to different results.',
      '',
      '  step       differs           a                                b',
      '= intent     same              succeeded · 500 ms · 110 tokens  succeeded, reused',
      '≠ answer     requests, result  succeeded · 500 ms · 110 tokens  succeeded · 500 ms · 110 tokens',
      '  whole run                    1.0 s · 110 tokens               1.0 s · 110 tokens',
      '',
      'requests of answer',
      '   model answer aaaaaaaa → model answer bbbbbbbb',
      '',
      'result (- a, + b)',
      '  {',
      '    "kind": "answered",',
      '-   "answer": "one"',
      '+   "answer": "two"',
      '  }',
      '',
    ]);
  });

  it('says that nothing differs', () => {
    const same = { ...changed, divergence: null, sameResult: true, steps: [] };
    expect(diffPage(same, { width: 80, paint: noPaint }).join('\n')).toContain(
      'No step differs. They came to the same result.',
    );
  });

  it.each([40, 80, 120])('keeps its table within %d columns as far as its words allow', (width) => {
    const lines = diffPage(changed, { width, paint: noPaint });
    const table = lines.slice(lines.findIndex((line) => line.includes('differs ')));
    expect(Math.max(...table.slice(0, 4).map(widthOf))).toBeLessThanOrEqual(Math.max(width, 60));
  });
});

describe('lineDiff', () => {
  it('is the shortest way from one text to the other', () => {
    expect(lineDiff('a\nb\nc', 'a\nc\nd')?.map(({ sign, text }) => sign + text)).toEqual([
      ' a',
      '-b',
      ' c',
      '+d',
    ]);
  });

  it('gives up on what nobody would read', () => {
    expect(lineDiff('x\n'.repeat(500), 'y')).toBeNull();
  });
});
