/**
 * Begins a reaction: it is under way from now on, and its message is owed.
 *
 * Invariants
 * B1. Everything in the message follows from what is recorded here: sent again it is the same message.
 * B2. `previous` is what is known at this instant, the event itself excepted: of a rule that lets one
 *     reaction go after the other, everything that the former ones have emitted.
 */
import type {
  EventReference,
  ReactionsRecord,
  ReplayReference,
  WaitingReaction,
} from '../../contracts/reactions.ts';
import type { EventRule, JoinRule, SubscriptionRule } from '../../contracts/subscriptions.ts';
import { isoTime } from '../iso-time.ts';
import { dropped, forReplay, type Moment, own, reactionsOf, withOwed, withRule } from './state.ts';

/** Begins the reaction to one event. */
export const beginEvent = (
  state: ReactionsRecord,
  rule: EventRule,
  { n, event, replay }: WaitingReaction,
  moment: Moment,
): ReactionsRecord =>
  begin(state, rule, moment, {
    n,
    cause: event,
    origin: event.origin,
    hops: event.hops + 1,
    event,
    fields: Object.fromEntries(
      Object.entries(rule.previous).map(([field, type]) => [field, newestBut(state, type, event)]),
    ),
    ...forReplay(replay),
  });

/** Begins the reaction of a join, with the newest event of each type. */
export const beginJoin = (
  state: ReactionsRecord,
  rule: JoinRule,
  join: Pick<Beginning, 'n' | 'cause' | 'origin' | 'fields' | 'replay'>,
  moment: Moment,
): ReactionsRecord =>
  begin(state, rule, moment, { ...join, hops: Math.max(...partsOf(join).map(hopsOf)) + 1 });

const partsOf = ({ fields }: Pick<Beginning, 'fields'>): readonly EventReference[] =>
  Object.values(fields).filter((part) => part !== null);

const hopsOf = ({ hops }: EventReference): number => hops;

interface Beginning {
  readonly n: number;
  /** Of the events, the one that made it happen. */
  readonly cause: EventReference;
  readonly origin: string;
  readonly hops: number;
  readonly event?: EventReference;
  readonly fields: Readonly<Record<string, EventReference | null>>;
  readonly replay?: ReplayReference;
}

function begin(
  state: ReactionsRecord,
  rule: SubscriptionRule,
  moment: Moment,
  { n, cause, hops, ...beginning }: Beginning,
): ReactionsRecord {
  const { name, agent, maxAttempts } = rule;
  const { hopBudget, deadlineSeconds } = moment.subscriptions;
  if (hopBudget !== undefined && hops > hopBudget) {
    const events = beginning.event ? [beginning.event] : partsOf(beginning);
    const message = `it would be reaction ${hops} in a row from one event from outside; allowed: ${hopBudget} (hopBudget)`;
    return dropped(state, moment, { rule: name, n, why: 'hops', events, message });
  }
  const { underWay } = reactionsOf(state, name);
  const { replay } = beginning;
  return withOwed(withRule(state, name, { underWay: [...underWay, n] }), {
    kind: 'reaction',
    rule: name,
    n,
    agent,
    maxAttempts,
    enteredAt: isoTime(moment.nowMs),
    // The run may have ended long before somebody feeds its past to a rule.
    deadlineAt: replay ? isoTime(moment.nowMs + deadlineSeconds * 1000) : state.envelope.deadlineAt,
    cause: cause.id,
    hops,
    ...beginning,
  });
}

const newestBut = (
  { newest }: ReactionsRecord,
  type: string,
  event: EventReference,
): EventReference | null => (own(newest, type) ?? []).find(({ id }) => id !== event.id) ?? null;
