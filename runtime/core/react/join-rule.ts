/**
 * What a rule about several events makes of one of them.
 *
 * Invariants
 * J1. A join fires once, for its run or for each origin, whatever is duplicated or reordered: what it has
 *     been opened for is `seen` for ever, and it is `open` until it fires or is given up.
 * J2. Of several events of one type the newest counts, as of the moment at which the join fires.
 * J3. A join that is given up stays given up.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import type {
  EventReference,
  OpenJoin,
  ReactionsRecord,
  ReplayReference,
} from '../../contracts/reactions.ts';
import type { JoinRule } from '../../contracts/subscriptions.ts';
import { beginJoin } from './begin.ts';
import { isNewer, referenceTo } from './reference.ts';
import {
  dropped,
  forReplay,
  isFull,
  type Moment,
  nextNumber,
  own,
  reactionsOf,
  refusedAsFull,
  withRule,
} from './state.ts';

/** What a join is once for that is once for its run; no event has such an id. */
const WHOLE_RUN = 'run';

export function onJoinRule(
  state: ReactionsRecord,
  rule: JoinRule,
  event: SignalboxEvent,
  moment: Moment & { readonly replay?: ReplayReference | undefined },
): ReactionsRecord {
  const reference = referenceTo(event);
  const fields = Object.keys(rule.types).filter((field) => rule.types[field] === event.type);
  if (fields.length === 0) return state;
  const key = rule.per === 'run' ? WHOLE_RUN : reference.origin;
  const { seen, open } = reactionsOf(state, rule.name);
  const join = own(open, key);
  if (!join && Object.hasOwn(seen, key)) return state;
  if (!join && isFull(state)) {
    return refusedAsFull(state, moment, { rule: rule.name, event: reference });
  }
  const opened = join ?? opening(nextNumber(reactionsOf(state, rule.name)), rule, moment);
  const parts = withPart(opened.parts, fields, reference);
  if (parts === opened.parts) return state;
  const next = withRule(state, rule.name, {
    seen: { ...seen, [key]: opened.n },
    open: { ...open, [key]: { ...opened, parts } },
  });
  const isComplete = Object.keys(rule.types).every((field) => Object.hasOwn(parts, field));
  return isComplete ? fire(next, rule, { key, cause: reference }, moment) : next;
}

const opening = (
  n: number,
  { timeoutSeconds }: JoinRule,
  { nowMs, replay }: Moment & { readonly replay?: ReplayReference | undefined },
): OpenJoin => ({
  n,
  parts: {},
  untilMs: nowMs + timeoutSeconds * 1000,
  ...forReplay(replay),
});

function withPart(
  parts: OpenJoin['parts'],
  fields: readonly string[],
  event: EventReference,
): OpenJoin['parts'] {
  const newer = fields.filter((field) => {
    const known = own(parts, field);
    return known === undefined || isNewer(event, known);
  });
  return newer.length === 0
    ? parts
    : { ...parts, ...Object.fromEntries(newer.map((field) => [field, event])) };
}

function fire(
  state: ReactionsRecord,
  rule: JoinRule,
  { key, cause }: { readonly key: string; readonly cause: EventReference },
  moment: Moment,
): ReactionsRecord {
  const join = own(reactionsOf(state, rule.name).open, key);
  if (!join) return state;
  const { n, parts, replay } = join;
  // What a former release of the rule has collected beside these is left out.
  const fields = Object.fromEntries(
    Object.entries(parts).filter(([field]) => Object.hasOwn(rule.types, field)),
  );
  const origin = rule.per === 'run' ? cause.origin : key;
  const reaction = { n, cause, origin, fields, ...forReplay(replay) };
  return beginJoin(closed(state, rule.name, [key]), rule, reaction, moment);
}

/** Gives up what has waited long enough. */
export function giveUpJoins(
  state: ReactionsRecord,
  moment: Pick<Moment, 'nowMs'>,
): ReactionsRecord {
  const isOver = ({ untilMs }: OpenJoin): boolean => untilMs <= moment.nowMs;
  const message = 'the other events of the join did not come in time; it is given up for good';
  return closeJoins(state, moment, { isOver, why: 'join-expired', message });
}

/** Takes joins away without firing them, and tells of each. */
export function closeJoins(
  state: ReactionsRecord,
  moment: Pick<Moment, 'nowMs'>,
  close: {
    readonly isOver: (join: OpenJoin) => boolean;
    readonly why: 'join-expired' | 'not-begun';
    readonly message: string;
  },
): ReactionsRecord {
  const { isOver, why, message } = close;
  let next = state;
  for (const [rule, { open }] of Object.entries(state.rules)) {
    for (const [key, join] of Object.entries(open)) {
      if (!isOver(join)) continue;
      const events = [
        ...new Map(Object.values(join.parts).map((part) => [part.id, part])).values(),
      ];
      next = dropped(closed(next, rule, [key]), moment, { rule, n: join.n, why, events, message });
    }
  }
  return next;
}

const closed = (state: ReactionsRecord, rule: string, keys: readonly string[]): ReactionsRecord =>
  withRule(state, rule, {
    open: Object.fromEntries(
      Object.entries(reactionsOf(state, rule).open).filter(([key]) => !keys.includes(key)),
    ),
  });

/** When the first open join is given up; `null` while none is open. */
export function firstJoinEndMs({ rules }: ReactionsRecord): number | null {
  const ends = Object.values(rules).flatMap(({ open }) =>
    Object.values(open).map(({ untilMs }) => untilMs),
  );
  return ends.length === 0 ? null : Math.min(...ends);
}
