/**
 * How a reactive run ends.
 *
 * Invariants
 * E1. A run ends once: the first end that is decided is recorded, then told (R1).
 * E2. With the end nothing more begins but what a replay asks for: what waits is told of and forgotten.
 *     What is under way is let to its end.
 * E3. A run that nothing comes of any more ends after its quiet time, one that should have ended at its
 *     deadline or by a stop order at once.
 * E4. An event from outside that comes after the end is told as one that nothing began with.
 */
import type { RunRecord } from '../../contracts/ledger.ts';
import type { ReactionsEnd, ReactionsRecord } from '../../contracts/reactions.ts';
import { expiryOf, graceEndMs } from '../reconcile-run.ts';
import { stopOf } from '../stop-run.ts';
import { closeJoins } from './join-rule.ts';
import { dropped, isIdle, type Moment, withOwed, withRule } from './state.ts';

const REACTION_FAILED = 'Agent.ReactionFailed';

export function endWith(
  state: ReactionsRecord,
  end: Omit<ReactionsEnd, 'atMs'>,
  moment: Pick<Moment, 'nowMs'>,
): ReactionsRecord {
  const settled = forgetWaiting({ ...state, end: { ...end, atMs: moment.nowMs } }, moment);
  const closed = closeJoins(settled, moment, {
    isOver: ({ replay }) => replay === undefined,
    why: 'not-begun',
    message: 'the run ended before the other events of the join came',
  });
  return withOwed(closed, { kind: 'ended' });
}

function forgetWaiting(state: ReactionsRecord, moment: Pick<Moment, 'nowMs'>): ReactionsRecord {
  let next = state;
  for (const [rule, { waiting }] of Object.entries(state.rules)) {
    const forgotten = waiting.filter(({ replay }) => replay === undefined);
    if (forgotten.length === 0) continue;
    next = withRule(next, rule, { waiting: waiting.filter(({ replay }) => replay) });
    for (const { n, event } of forgotten) {
      const message = 'the run ended before its turn';
      next = dropped(next, moment, { rule, n, why: 'not-begun', events: [event], message });
    }
  }
  return next;
}

/** The end that is due by order or by the clock; `null` when none is. */
export function dueEnd(
  state: ReactionsRecord,
  run: RunRecord,
  { subscriptions, nowMs }: Moment,
): Omit<ReactionsEnd, 'atMs'> | null {
  const { stop } = run;
  if (stop) return { status: 'stopped', error: errorOf(stopOf({ ...run, stop })) };
  if (nowMs >= graceEndMs(run)) return { status: 'expired', error: errorOf(expiryOf(run)) };
  if (!isIdle(state) || nowMs < quietEndMs(state, subscriptions)) return null;
  const { failed } = state;
  return failed
    ? { status: 'failed', error: { name: REACTION_FAILED, cause: JSON.stringify(failed) } }
    : { status: 'succeeded' };
}

/** When a run that nothing is under way in has been quiet for long enough. */
export const quietEndMs = (
  { activeAtMs }: ReactionsRecord,
  { quietSeconds }: Moment['subscriptions'],
): number => activeAtMs + quietSeconds * 1000;

const errorOf = ({ error, cause }: { readonly error: string; readonly cause: string }) => ({
  name: error,
  cause,
});
