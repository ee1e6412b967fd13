/**
 * What the end of a reaction's step means for the others.
 *
 * Invariants
 * S1. A reaction ends once; the end of one that is not under way changes nothing.
 * S2. The next of those that wait begins with the end of the one before (X2).
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import type { ReactionsRecord } from '../../contracts/reactions.ts';
import type { EventRule } from '../../contracts/subscriptions.ts';
import { beginEvent } from './begin.ts';
import type { StepEnd } from './relevant.ts';
import { active, dropped, type Moment, reactionsOf, withRule } from './state.ts';

const PATH = /^(.+)@(\d+)$/;

/** `searchListings@3`; `null` for what is no reaction's. */
function reactionAt(path: string): { readonly rule: string; readonly n: number } | null {
  const [, rule, n] = PATH.exec(path) ?? [];
  return rule === undefined || n === undefined ? null : { rule, n: Number(n) };
}

export function onStepEnd(
  state: ReactionsRecord,
  event: SignalboxEvent,
  end: StepEnd,
  moment: Moment,
): ReactionsRecord {
  const { subject: path = '' } = event;
  const ended = reactionAt(path);
  if (!ended) return state;
  const { underWay } = reactionsOf(state, ended.rule);
  const judged = judge(state, { path, isReplayed: event.replay !== undefined }, end);
  if (!underWay.includes(ended.n)) return judged;
  const rest = withRule(judged, ended.rule, {
    underWay: underWay.filter((n) => n !== ended.n),
  });
  return beginNext(active(rest, moment.nowMs), ended.rule, moment);
}

/** The first reaction that fails for good is what the run's failure tells of, unless it succeeds after all. */
function judge(
  state: ReactionsRecord,
  { path, isReplayed }: { readonly path: string; readonly isReplayed: boolean },
  { failure }: StepEnd,
): ReactionsRecord {
  if (failure === null && state.failed?.path === path) {
    const { failed: _, ...rest } = state;
    return rest;
  }
  if (failure === null || isReplayed || state.failed || state.end) return state;
  const { code, message } = failure;
  return { ...state, failed: { path, code, message } };
}

/** Begins the first of those that wait, if nothing of the rule is under way. */
export function beginNext(state: ReactionsRecord, name: string, moment: Moment): ReactionsRecord {
  const { underWay, waiting } = reactionsOf(state, name);
  const [next, ...others] = waiting;
  if (underWay.length > 0 || !next) return state;
  const rule = moment.subscriptions.rules.find(
    (one): one is EventRule => one.kind === 'event' && one.name === name,
  );
  if (rule) {
    const begun = beginEvent(withRule(state, name, { waiting: others }), rule, next, moment);
    // One that was dropped makes room for the one behind it.
    return beginNext(begun, name, moment);
  }
  return waiting.reduce(
    (left, { n, event }) =>
      dropped(left, moment, {
        rule: name,
        n,
        why: 'not-begun',
        events: [event],
        message: 'the rule was taken out of the subscriptions before its turn',
      }),
    withRule(state, name, { waiting: [] }),
  );
}
