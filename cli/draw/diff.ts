import type {
  CallInDiff,
  Cost,
  Difference,
  RunDiff,
  RunInDiff,
  StepDiff,
  StepInDiff,
} from '#runtime/contracts/api.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { causeText } from './cause.ts';
import { costTexts } from './cost.ts';
import { lineDiff } from './line-diff.ts';
import type { Paint, Sheet } from './paint.ts';
import { glyphOf } from './status.ts';
import { table } from './table.ts';
import { clean, cut, wrap } from './text.ts';

/** What each difference is called in a row, and in a sentence. */
const WORDS: Readonly<Record<Difference, readonly [word: string, sentence: string]>> = {
  presence: ['only one', 'only one of them came to it'],
  input: ['input', 'it was asked something else'],
  requests: ['requests', 'it asked its models and tools something else'],
  result: ['result', 'the same question got another answer'],
};

/** Two runs side by side: where they went apart first, then step by step, then what came out. */
export function diffPage(diff: RunDiff, sheet: Sheet): string[] {
  return [
    ...runLines('a', diff.a, sheet),
    ...runLines('b', diff.b, sheet),
    '',
    ...wrap(verdict(diff), sheet.width).map((line) => sheet.paint('bold', line)),
    '',
    ...stepTable(diff, sheet),
    ...diff.steps.flatMap((step) => callLines(step, sheet)),
    ...resultDiff(diff, sheet),
  ];
}

function runLines(name: string, run: RunInDiff, { width, paint }: Sheet): string[] {
  const fork = run.forkedFrom;
  const from = fork?.from === null ? 'the start' : fork?.from;
  return [
    `${paint('bold', name)}  ${run.id}  ${glyphOf(run.status, paint)} ${cut(clean(run.sentence), Math.max(20, width - 34))}`,
    ...(fork ? [paint('dim', `   forked from ${fork.run} at ${from}`)] : []),
  ];
}

function verdict({ divergence, sameInput, sameResult, steps }: RunDiff): string {
  const input = sameInput === false ? 'The inputs differ. ' : '';
  const result =
    sameResult === null
      ? 'One of them goes on.'
      : sameResult
        ? 'They came to the same result.'
        : 'They came to different results.';
  if (divergence === null) return `${input}No step differs. ${result}`;
  const before = steps.findIndex(({ path }) => path === divergence.path);
  const same = before === 0 ? '' : ` after ${before} ${before === 1 ? 'step' : 'steps'} alike`;
  return `${input}They go apart at ${clean(divergence.path)}${same}: ${WORDS[divergence.differs][1]}. ${result}`;
}

function stepTable({ steps, a, b }: RunDiff, sheet: Sheet): string[] {
  const rows = steps.map(({ path, differs, a, b }) => [
    `${differs.length === 0 ? '=' : '≠'} ${clean(path)}`,
    differs.map((one) => WORDS[one][0]).join(', ') || 'same',
    sideText(a),
    sideText(b),
  ]);
  const total = (run: RunInDiff): string =>
    [durationText(run.totalMs), ...costTexts(costOf(run))].join(' · ');
  return table(
    [
      { title: '  step' },
      { title: 'differs' },
      { title: 'a', flexible: true },
      { title: 'b', flexible: true },
    ],
    [...rows, ['  whole run', '', total(a), total(b)]],
    sheet,
  );
}

function sideText(step: StepInDiff | undefined): string {
  if (step === undefined) return '–';
  if (step.reusedFrom !== undefined) return `${step.status}, reused`;
  const failure = step.failure ? ` ${step.failure.code}` : '';
  const parts = [
    `${step.status}${failure}`,
    durationText(step.runMs),
    step.attempts > 1 && `${step.attempts} tries`,
    step.deferredMs > 0 && `put off ${durationText(step.deferredMs)}`,
    ...costTexts(costOf(step)),
  ];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' · ');
}

const costOf = ({ tokens, usd }: Pick<StepInDiff, 'tokens' | 'usd'>): Cost => ({
  usage: tokens,
  ...(usd !== undefined && { usd }),
});

/** Calls of a step in which the requests differ. */
function callLines({ path, differs, a, b }: StepDiff, { paint }: Sheet): string[] {
  if (!differs.includes('requests') || !a || !b) return [];
  const length = Math.max(a.calls.length, b.calls.length);
  const lines = Array.from({ length }, (_, i) => callLine(a.calls[i], b.calls[i]));
  return ['', paint('dim', `requests of ${clean(path)}`), ...lines];
}

function callLine(a: CallInDiff | undefined, b: CallInDiff | undefined): string {
  const name = (call: CallInDiff | undefined): string =>
    call ? `${call.kind} ${clean(call.call)}${hashText(call)}` : 'nothing';
  return name(a) === name(b) ? `   ${name(a)}` : `   ${name(a)} → ${name(b)}`;
}

const hashText = ({ requestHash }: CallInDiff): string =>
  requestHash === undefined ? '' : ` ${requestHash.slice(0, 8)}`;

/** What came out, line by line; nothing when it is the same. */
function resultDiff({ a, b, sameResult }: RunDiff, { paint }: Sheet): string[] {
  if (sameResult !== false) return [];
  const [left, right] = [resultText(a), resultText(b)];
  const lines = lineDiff(left, right);
  if (lines === null) return ['', 'The results are too long to be compared line by line.'];
  return ['', paint('dim', 'result (- a, + b)'), ...lines.map((line) => painted(line, paint))];
}

const resultText = ({ output, error, status }: RunInDiff): string =>
  error
    ? `${status}: ${clean(error.name)} ${clean(causeText(error.cause))}`
    : JSON.stringify(output ?? null, null, 2);

const TONES = { '-': 'red', '+': 'green', ' ': 'dim' } as const;

const painted = ({ sign, text }: NonNullable<ReturnType<typeof lineDiff>>[number], paint: Paint) =>
  paint(TONES[sign], `${sign} ${text}`);
