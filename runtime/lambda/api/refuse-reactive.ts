import type { RunRecord } from '../../contracts/ledger.ts';
import { RequestRefusedError } from './problem.ts';

const INSTEAD = {
  resumed:
    'While it goes on, an event continues it: POST /events with "run"; once it has ended, one without begins another run.',
  forked:
    'To see it happen anew, send its first event without "run": POST /events. To feed its past to its rules: signalbox consumers replay router --run.',
} as const;

/** What a reactive run did follows from its events, not from a definition that could be gone through again. @throws RequestRefusedError */
export function refuseReactive(
  { kind, run, workflow }: RunRecord,
  what: keyof typeof INSTEAD,
): void {
  if (kind !== 'reactive') return;
  throw new RequestRefusedError(
    'run-reactive',
    `Run ${run} consists of reactions to events (subscriptions "${workflow}"), and cannot be ${what}. ${INSTEAD[what]}`,
  );
}
