import type { StepView, WaitView } from '#runtime/contracts/api.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import { dateTime } from './instant.ts';
import type { Sheet } from './paint.ts';
import { glyphOf, statusWord } from './status.ts';
import { clean, cut, padEnd, padStart, plural } from './text.ts';

const STATUS_WIDTH = 9;
const DURATION_WIDTH = 11;
/** The glyph, and four gaps of two. */
const FRAME = 9;

/** Width of the widest name, so that lines of one run stand under each other. */
export const nameWidth = (steps: readonly StepView[]): number =>
  Math.max(8, ...steps.map(({ path }) => path.length));

export interface StepLineOptions extends Sheet {
  /** Width of the widest step path. */
  readonly names: number;
  /** The line is drawn again as time goes by, so that a running step may show its time so far. */
  readonly isLive: boolean;
}

/** One line for a step as it is now: glyph, path, status, time it ran, and what is worth knowing. */
export function stepLine(step: StepView, options: StepLineOptions): string {
  const { names, width, paint, isLive } = options;
  const room = width - names - STATUS_WIDTH - DURATION_WIDTH - FRAME;
  const hasTime = isTerminal(step.status) || (isLive && step.status === 'running');
  const ran = hasTime ? durationText(step.runMs) : '';
  const parts = [
    glyphOf(step.status, paint),
    padEnd(step.path, names),
    padEnd(statusWord(step.status, paint), STATUS_WIDTH),
    padStart(ran, DURATION_WIDTH),
    paint('dim', cut(notes(step).join(' · '), Math.max(0, room))),
  ];
  return parts.join('  ').trimEnd();
}

function notes(step: StepView): string[] {
  if (step.reusedFrom !== undefined) return [`reused from ${step.reusedFrom}`];
  const lost = step.lostWorkers;
  if (step.wait) return waitNotes(step.wait);
  return [
    ...(step.status !== 'queued' || step.queuedMs > 0
      ? [`queue ${durationText(step.queuedMs)}`]
      : []),
    ...(step.deferredMs > 0 ? [`put off ${durationText(step.deferredMs)}`] : []),
    ...(step.attempts > 1 ? [plural(step.attempts, 'try', 'tries')] : []),
    ...(lost > 0 ? [`${plural(lost, 'worker')} lost`] : []),
    ...(step.failure ? [clean(`${step.failure.code}: ${step.failure.message}`)] : []),
  ];
}

function waitNotes(wait: WaitView): string[] {
  const until = `until ${dateTime(wait.until)} UTC`;
  if (wait.for === 'event') return [`for ${wait.event}`, until];
  const { title, decided } = wait;
  return decided
    ? [`${clean(decided.decision)} by ${clean(decided.by)}`]
    : [`asks "${clean(title)}"`, until];
}

/** The steps `ms` later, if nothing happens until then. */
export const later = (steps: readonly StepView[], ms: number): readonly StepView[] =>
  steps.map((step) => {
    if (step.status === 'running') return { ...step, runMs: step.runMs + ms };
    if (step.status === 'waiting') return { ...step, deferredMs: step.deferredMs + ms };
    return step.status === 'queued' ? { ...step, queuedMs: step.queuedMs + ms } : step;
  });

/** The steps that a reader has not been told about: new, or in another state than before. */
export function changedSteps(
  before: readonly StepView[],
  after: readonly StepView[],
): readonly StepView[] {
  const known = new Map(before.map((step) => [step.path, signature(step)]));
  return after.filter((step) => known.get(step.path) !== signature(step));
}

// A running step's clock goes on; that alone is no news. An ended step's figures may still come in.
const signature = (step: StepView): string =>
  [
    step.status,
    step.attempts,
    step.starts,
    ...(isTerminal(step.status) ? [step.runMs] : []),
  ].join();
