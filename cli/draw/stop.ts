import type { StepInFlight, StopReport } from '#runtime/contracts/api.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import type { Sheet } from './paint.ts';
import { sentenceLines } from './run.ts';
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

function stepLines(step: StepInFlight, nowMs: number, { paint }: Sheet): string[] {
  const since = (iso: string): string => durationText(Math.max(0, nowMs - Date.parse(iso)));
  const attempt = step.attempt > 1 ? `, try ${step.attempt}` : '';
  return [
    `   ${clean(step.path)} (${clean(step.agent)}${attempt}) for ${since(step.since)}`,
    ...step.calls.map(({ call, kind, since: from }) =>
      paint('dim', `      ${kind} ${clean(call)} for ${since(from)}`),
    ),
  ];
}
