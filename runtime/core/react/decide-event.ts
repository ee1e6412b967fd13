/**
 * Decides what an event of a reactive run leads to.
 *
 * Job: one pure fold: the run's reactions so far and one event give the reactions from now on, with what
 * is owed because of it. `lambda/route-events.ts` puts the result, then does what is owed.
 * Boundary: no I/O, no clock, no data of other events: those are referred to.
 *
 * Invariants
 * V1. The same event again, at any time, changes nothing but the instant at which the run was active last:
 *     every rule knows the events that it has seen (X1, J1), every end the reactions under way (S1).
 * V2. After the end of the run only a replay begins something (E2, E4).
 * V3. What a replay's reactions emit leads to nothing unless that replay was asked to have effects; it
 *     never completes a run, or keeps one from being quiet.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import type { ReactionsRecord, ReplayReference } from '../../contracts/reactions.ts';
import type { SubscriptionRule } from '../../contracts/subscriptions.ts';
import { isFromOutside } from '../event.ts';
import { isoTime } from '../iso-time.ts';
import { endWith } from './ends.ts';
import { newestOf, onEventRule, tooLate } from './event-rule.ts';
import { onJoinRule } from './join-rule.ts';
import { withAlarm } from './look.ts';
import { referenceTo } from './reference.ts';
import { isDomainEvent, stepEndIn } from './relevant.ts';
import { active, type Moment, own, withOwed } from './state.ts';
import { onStepEnd } from './step-end.ts';

/** Past events are fed to a rule, or to all of them. */
export interface ReplayRequest extends ReplayReference {
  /** @default - every rule */
  readonly rule?: string;
}

export function decideEvent(
  state: ReactionsRecord,
  event: SignalboxEvent,
  moment: Moment & { readonly replay?: ReplayRequest | undefined },
): ReactionsRecord {
  const { subscriptions, replay } = moment;
  const next = isDomainEvent(event)
    ? onDomainEvent(state, event, moment)
    : onPlatformEvent(state, event, moment);
  if (next === state) return state;
  return withAlarm(replay ? withReplay(next, replay) : next, subscriptions);
}

/** Ends of steps are no matter of a replay: they were heard of when they happened. */
function onPlatformEvent(
  state: ReactionsRecord,
  event: SignalboxEvent,
  moment: Moment & { readonly replay?: ReplayRequest | undefined },
): ReactionsRecord {
  const end = moment.replay ? null : stepEndIn(event);
  return end ? onStepEnd(state, event, end, moment) : state;
}

function onDomainEvent(
  state: ReactionsRecord,
  event: SignalboxEvent,
  { replay: request, ...moment }: Moment & { readonly replay?: ReplayRequest | undefined },
): ReactionsRecord {
  const { rules, completesOn } = moment.subscriptions;
  const replay = request ?? replayThatMade(state, event);
  if (replay === 'without effects') return state;
  if (replay) {
    const { id, hasEffects } = replay;
    const asked = rules.filter(({ name }) => request?.rule === undefined || name === request.rule);
    return react(state, asked, event, { ...moment, replay: { id, hasEffects } });
  }
  if (state.end) return isFromOutside(event) ? unheard(state, rules, event, moment) : state;
  const going = started(active(state, moment.nowMs), moment);
  if (event.type === completesOn) {
    return endWith(going, { status: 'succeeded', output: referenceTo(event) }, moment);
  }
  return remembered(react(going, rules, event, moment), rules, event);
}

/** The replay whose reaction has emitted the event; `undefined` for what really happened. */
function replayThatMade(
  { replays = {} }: ReactionsRecord,
  { replay: id }: SignalboxEvent,
): ReplayReference | 'without effects' | undefined {
  if (id === undefined) return undefined;
  return own(replays, id) ? { id, hasEffects: true } : 'without effects';
}

const react = (
  state: ReactionsRecord,
  rules: readonly SubscriptionRule[],
  event: SignalboxEvent,
  moment: Moment & { readonly replay?: ReplayReference },
): ReactionsRecord =>
  rules.reduce(
    (next, rule) =>
      rule.kind === 'event'
        ? onEventRule(next, rule, event, moment)
        : onJoinRule(next, rule, event, moment),
    state,
  );

/** The front door took it, and saw no end yet: whoever sent it has to be able to see what became of it (E4). */
const unheard = (
  state: ReactionsRecord,
  rules: readonly SubscriptionRule[],
  event: SignalboxEvent,
  moment: Moment,
): ReactionsRecord =>
  rules.reduce(
    (next, rule) => (rule.kind === 'event' ? tooLate(next, rule, event, moment) : next),
    state,
  );

const started = (state: ReactionsRecord, { nowMs }: Moment): ReactionsRecord =>
  state.startedAt === undefined
    ? withOwed({ ...state, startedAt: isoTime(nowMs) }, { kind: 'started' })
    : state;

/** Keeps the event in mind for the rules that want to know the newest of its type later. */
function remembered(
  state: ReactionsRecord,
  rules: readonly SubscriptionRule[],
  event: SignalboxEvent,
): ReactionsRecord {
  if (!namedTypes(rules).has(event.type)) return state;
  const known = own(state.newest, event.type) ?? [];
  const newest = { ...state.newest, [event.type]: newestOf(known, referenceTo(event)) };
  return { ...state, newest };
}

/** Types that some rule names in `previous`. */
export const namedTypes = (rules: readonly SubscriptionRule[]): ReadonlySet<string> =>
  new Set(rules.flatMap((rule) => (rule.kind === 'event' ? Object.values(rule.previous) : [])));

const withReplay = (
  state: ReactionsRecord,
  { id, hasEffects }: ReplayReference,
): ReactionsRecord => ({ ...state, replays: { ...state.replays, [id]: hasEffects } });
