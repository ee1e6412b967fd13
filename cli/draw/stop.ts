import type { StepInFlight, StopReport } from '#runtime/contracts/api.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import type { Sheet } from './paint.ts';
import { sentenceLines } from './run.ts';
import { glyphOf } from './status.ts';
import { clean, plural } from './text.ts';

/** That a run is stopped, and what was under way. */
export function stopLines({ run, inFlight }: StopReport, nowMs: number, sheet: Sheet): string[] {
  const { paint } = sheet;
  const head = isTerminal(run.status)
    ? sentenceLines(run, sheet)
    : [`stopping run ${paint('bold', run.id)}: nothing new begins in it`];
  if (inFlight.length === 0) return [...head, 'nothing was in flight'];
  return [
    ...head,
    `${plural(inFlight.length, 'step')} in flight:`,
    ...inFlight.flatMap((step) => stepLines(step, nowMs, sheet)),
  ];
}

/** How a step stands that was in flight. */
const ENDS: Partial<Record<StepInFlight['status'], string>> = {
  running: 'still at work, for a moment',
  succeeded: 'came to its end',
};

function stepLines(step: StepInFlight, nowMs: number, { paint }: Sheet): string[] {
  const since = (iso: string): string => durationText(Math.max(0, nowMs - Date.parse(iso)));
  const attempt = step.attempt > 1 ? `, try ${step.attempt}` : '';
  return [
    `   ${glyphOf(step.status, paint)} ${clean(step.path)} (${clean(step.agent)}${attempt}), begun ${since(step.since)} ago: ${ENDS[step.status] ?? step.status}`,
    ...step.calls.map(({ call, kind, since: from }) =>
      paint('dim', `     ${kind} ${clean(call)}, begun ${since(from)} ago`),
    ),
  ];
}
