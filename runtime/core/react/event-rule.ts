/**
 * What a rule about single events makes of one.
 *
 * Invariants
 * X1. A rule reacts to an event once, whatever is told again (`seen`).
 * X2. `serial` and `latest`: at most one reaction of the rule is under way, and those that wait begin in
 *     the order of their events' positions.
 * X3. `latest`: of those that wait only the newest stays; one that is older than an event that the rule
 *     has taken already comes too late.
 */
import { eventPosition, type SignalboxEvent } from '../../contracts/event.ts';
import type {
  EventReference,
  ReactionsRecord,
  ReplayReference,
  WaitingReaction,
} from '../../contracts/reactions.ts';
import type { EventRule } from '../../contracts/subscriptions.ts';
import { beginEvent } from './begin.ts';
import { isNewer, referenceTo } from './reference.ts';
import {
  dropped,
  forReplay,
  isFull,
  type Moment,
  nextNumber,
  reactionsOf,
  refusedAsFull,
  withRule,
} from './state.ts';

export function onEventRule(
  state: ReactionsRecord,
  rule: EventRule,
  event: SignalboxEvent,
  moment: Moment & { readonly replay?: ReplayReference | undefined },
): ReactionsRecord {
  const { seen } = reactionsOf(state, rule.name);
  if (!isMet(rule, event) || Object.hasOwn(seen, event.id)) return state;
  const reference = referenceTo(event);
  if (isFull(state)) return refusedAsFull(state, moment, { rule: rule.name, event: reference });
  const n = nextNumber(reactionsOf(state, rule.name));
  const taken = withRule(state, rule.name, { seen: { ...seen, [event.id]: n } });
  return take(taken, rule, { n, event: reference, ...forReplay(moment.replay) }, moment);
}

/** A rule would have reacted, had the event not come after the end of the run (E4). */
export function tooLate(
  state: ReactionsRecord,
  rule: EventRule,
  event: SignalboxEvent,
  moment: Pick<Moment, 'nowMs'>,
): ReactionsRecord {
  const { seen } = reactionsOf(state, rule.name);
  if (!isMet(rule, event) || Object.hasOwn(seen, event.id) || isFull(state)) return state;
  const n = nextNumber(reactionsOf(state, rule.name));
  return dropped(withRule(state, rule.name, { seen: { ...seen, [event.id]: n } }), moment, {
    rule: rule.name,
    n,
    why: 'not-begun',
    events: [referenceTo(event)],
    message: 'the run had ended when the event came; sent without a run, it begins another one',
  });
}

/** Whether the event is one that the rule is about. */
export const isMet = (
  { type, where }: Pick<EventRule, 'type' | 'where'>,
  event: Pick<SignalboxEvent, 'type' | 'data'>,
): boolean =>
  event.type === type &&
  Object.entries(where).every(([field, value]) => fieldOf(event.data, field) === value);

const fieldOf = (data: unknown, field: string): unknown =>
  typeof data === 'object' && data !== null && Object.hasOwn(data, field)
    ? (data as Readonly<Record<string, unknown>>)[field]
    : undefined;

function take(
  state: ReactionsRecord,
  rule: EventRule,
  reaction: WaitingReaction,
  moment: Moment,
): ReactionsRecord {
  const { underWay, waiting, newest } = reactionsOf(state, rule.name);
  const position = eventPosition(reaction.event);
  if (rule.perRun === 'parallel') return beginEvent(state, rule, reaction, moment);
  if (rule.perRun === 'serial') {
    return underWay.length === 0 && waiting.length === 0
      ? beginEvent(state, rule, reaction, moment)
      : withRule(state, rule.name, { waiting: inOrder([...waiting, reaction]) });
  }
  if (newest !== undefined && position < newest) {
    return superseded(state, rule, [reaction], moment);
  }
  const latest = withRule(state, rule.name, { newest: position });
  return underWay.length === 0
    ? beginEvent(latest, rule, reaction, moment)
    : superseded(withRule(latest, rule.name, { waiting: [reaction] }), rule, waiting, moment);
}

const superseded = (
  state: ReactionsRecord,
  { name }: EventRule,
  reactions: readonly WaitingReaction[],
  moment: Moment,
): ReactionsRecord =>
  reactions.reduce(
    (next, { n, event }) =>
      dropped(next, moment, {
        rule: name,
        n,
        why: 'superseded',
        events: [event],
        message: 'a newer event came before its turn, and the rule keeps the newest only',
      }),
    state,
  );

const inOrder = (waiting: readonly WaitingReaction[]): readonly WaitingReaction[] =>
  waiting.toSorted((a, b) => (isNewer(a.event, b.event) ? 1 : -1));

/** The newest events of a type, two at most: one may be the event that a reaction is about. */
export const newestOf = (
  events: readonly EventReference[],
  event: EventReference,
): readonly EventReference[] =>
  events.some(({ id }) => id === event.id)
    ? events
    : [...events, event].sort((a, b) => (isNewer(a, b) ? -1 : 1)).slice(0, 2);
