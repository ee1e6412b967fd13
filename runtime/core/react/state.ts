/**
 * The record of a run's reactions, and the changes that all decisions are made of.
 *
 * Boundary: pure; nothing is changed in place, so a decision that gives the very record that it was
 * given has decided nothing.
 */
import type { RunRecord } from '../../contracts/ledger.ts';
import type {
  DropReason,
  EventReference,
  Owed,
  ReactionsRecord,
  ReplayReference,
  RuleReactions,
} from '../../contracts/reactions.ts';
import type { DeployedSubscriptions } from '../../contracts/subscriptions.ts';
import { envelopeOf } from '../start-run.ts';

/** What a decision is made with. */
export interface Moment {
  readonly subscriptions: DeployedSubscriptions;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** In place of subscriptions that are not deployed any more: nothing begins, and only a stop order or the deadline ends the run. */
export const notDeployed = (name: string): DeployedSubscriptions => ({
  name,
  version: '',
  rules: [],
  quietSeconds: Number.POSITIVE_INFINITY,
  deadlineSeconds: Number.POSITIVE_INFINITY,
});

/** Reactions of one run, all rules together. More would not fit into its record, and no conversation has as many. */
const MAX_REACTIONS = 1000;

/** Before the first event; its first put has rev 1. */
export const noReactions = (run: RunRecord, nowMs: number): ReactionsRecord => ({
  run: run.run,
  rev: 0,
  envelope: envelopeOf(run),
  acceptedAt: run.acceptedAt,
  activeAtMs: nowMs,
  rules: {},
  newest: {},
  alarmMs: null,
  owed: [],
});

const NOTHING: RuleReactions = { seen: {}, underWay: [], waiting: [], open: {} };

/** What stands under a key; keys are ids that somebody else has made. */
export const own = <T>(of: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(of, key) ? of[key] : undefined;

export const reactionsOf = ({ rules }: ReactionsRecord, rule: string): RuleReactions =>
  own(rules, rule) ?? NOTHING;

export const withRule = (
  state: ReactionsRecord,
  rule: string,
  changes: Partial<RuleReactions>,
): ReactionsRecord => ({
  ...state,
  rules: { ...state.rules, [rule]: { ...reactionsOf(state, rule), ...changes } },
});

export const withOwed = (state: ReactionsRecord, ...owed: readonly Owed[]): ReactionsRecord =>
  owed.length === 0 ? state : { ...state, owed: [...state.owed, ...owed] };

/** Number of the rule's next reaction. */
export const nextNumber = ({ seen }: RuleReactions): number => Object.keys(seen).length;

export const isFull = ({ rules }: ReactionsRecord): boolean =>
  Object.values(rules).reduce((total, rule) => total + nextNumber(rule), 0) >= MAX_REACTIONS;

/** True while nothing has begun that has not ended, and nothing waits for its turn. */
export const isIdle = ({ rules }: ReactionsRecord): boolean =>
  Object.values(rules).every(
    ({ underWay, waiting }) => underWay.length === 0 && waiting.length === 0,
  );

/** Something of the run has come: it is not quiet. */
export const active = (state: ReactionsRecord, nowMs: number): ReactionsRecord => ({
  ...state,
  activeAtMs: Math.max(state.activeAtMs, nowMs),
});

/** A rule was met, and no reaction comes of it. */
export const dropped = (
  state: ReactionsRecord,
  { nowMs }: Pick<Moment, 'nowMs'>,
  drop: {
    readonly rule: string;
    readonly n: number;
    readonly why: DropReason;
    readonly events: readonly EventReference[];
    readonly message: string;
  },
): ReactionsRecord =>
  withOwed(state, {
    kind: 'dropped',
    ...drop,
    events: drop.events.map(({ id }) => id),
    atMs: nowMs,
  });

/** The run is full, which is told once. */
export const refusedAsFull = (
  state: ReactionsRecord,
  moment: Pick<Moment, 'nowMs'>,
  met: { readonly rule: string; readonly event: EventReference },
): ReactionsRecord =>
  state.isFull
    ? state
    : dropped({ ...state, isFull: true }, moment, {
        rule: met.rule,
        n: nextNumber(reactionsOf(state, met.rule)),
        why: 'run-full',
        events: [met.event],
        message: `the run has had ${MAX_REACTIONS} reactions, which is the most that one may have: nothing reacts to its events any more`,
      });

/** Spread into what a replay has asked for. */
export const forReplay = (
  replay: ReplayReference | undefined,
): { readonly replay?: ReplayReference } => (replay ? { replay } : {});
