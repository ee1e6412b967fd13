/** What becomes of the record once something owed was done, or turned out not to be possible. */
import type { Owed, OwedReaction, ReactionsRecord } from '../../contracts/reactions.ts';
import { canonicalJson } from '../hash.ts';
import { withAlarm } from './look.ts';
import { pathOf } from './message.ts';
import { dropped, type Moment, reactionsOf, withRule } from './state.ts';
import { beginNext } from './step-end.ts';

/** The record without what was done; the same, if somebody else has noted all of it. */
export function withoutOwed(state: ReactionsRecord, done: readonly Owed[]): ReactionsRecord {
  const gone = new Set(done.map(canonicalJson));
  const owed = state.owed.filter((one) => !gone.has(canonicalJson(one)));
  return owed.length === state.owed.length ? state : { ...state, owed };
}

/** A reaction whose input no message holds: it does not come to be, and its run has failed unless it completes. */
export function refuseTooLarge(
  state: ReactionsRecord,
  reaction: OwedReaction,
  why: string,
  moment: Moment,
): ReactionsRecord {
  const { rule, n, event, fields } = reaction;
  const { underWay } = reactionsOf(state, rule);
  const settled = withoutOwed(state, [reaction]);
  if (settled === state || !underWay.includes(n)) return settled;
  const rest = withRule(settled, rule, { underWay: underWay.filter((one) => one !== n) });
  const parts = [event, ...Object.values(fields)].filter((part) => part !== undefined);
  const refused = dropped(rest, moment, {
    rule,
    n,
    why: 'too-large',
    events: parts.filter((part) => part !== null),
    message: why,
  });
  const failed = { path: pathOf(reaction), code: 'INPUT_TOO_LARGE', message: why };
  const judged = state.failed || state.end || reaction.replay ? refused : { ...refused, failed };
  return withAlarm(beginNext(judged, rule, moment), moment.subscriptions);
}
