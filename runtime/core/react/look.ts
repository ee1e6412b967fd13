/**
 * What time asks for, and when somebody has to look next.
 *
 * Invariants
 * L1. A look does everything that is due, whatever it was ordered for: timers say when, never what.
 * L2. While a run has not ended a look is ordered for the next instant at which something is due, or an
 *     earlier one. One that got lost is made good by the reconciler.
 */
import type { RunRecord } from '../../contracts/ledger.ts';
import type { ReactionsRecord } from '../../contracts/reactions.ts';
import { graceEndMs } from '../reconcile-run.ts';
import { dueEnd, endWith, quietEndMs } from './ends.ts';
import { firstJoinEndMs, giveUpJoins } from './join-rule.ts';
import { isIdle, type Moment, withOwed } from './state.ts';

/** @param run the run's own record: the authority on its deadline and on a stop order */
export function onLook(state: ReactionsRecord, run: RunRecord, now: Moment): ReactionsRecord {
  const rung = isRung(state, now.nowMs) ? { ...state, alarmMs: null } : state;
  const joined = giveUpJoins(rung, now);
  const end = state.end ? null : dueEnd(joined, run, now);
  return withAlarm(end ? endWith(joined, end, now) : joined, now.subscriptions);
}

const isRung = ({ alarmMs }: ReactionsRecord, nowMs: number): boolean =>
  alarmMs !== null && alarmMs <= nowMs;

/** The state with a look ordered for when the next thing is due, if none is ordered before that. */
export function withAlarm(
  state: ReactionsRecord,
  subscriptions: Moment['subscriptions'],
): ReactionsRecord {
  const dueAtMs = nextDueMs(state, subscriptions);
  if (dueAtMs === null || (state.alarmMs !== null && state.alarmMs <= dueAtMs)) return state;
  const owed = state.owed.filter(({ kind }) => kind !== 'alarm');
  return withOwed({ ...state, alarmMs: dueAtMs, owed }, { kind: 'alarm', dueAtMs });
}

function nextDueMs(state: ReactionsRecord, subscriptions: Moment['subscriptions']): number | null {
  const joinMs = firstJoinEndMs(state);
  if (state.end) return joinMs;
  const due = [
    graceEndMs(state.envelope),
    ...(joinMs === null ? [] : [joinMs]),
    ...(isIdle(state) ? [quietEndMs(state, subscriptions)] : []),
  ];
  return Math.min(...due);
}
