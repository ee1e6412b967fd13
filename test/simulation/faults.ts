/**
 * What may go wrong, how often, and how often it did.
 *
 * Invariants
 * F1. Every kind draws from a stream of its own: leaving one out does not change when the others
 *     strike, as far as the schedule stays the same.
 * F2. After `heal` nothing strikes any more.
 */
import type { Random } from './random.ts';

/** By kind, how probable it is at one occasion; occasions differ in how many there are. */
const CHANCES = {
  /** A process dies at an interaction, before it has happened or after. */
  'crash-before': 0.003,
  'crash-after': 0.004,
  /** A whole process is killed at some instant. */
  killed: 0.02,
  /** A process stands still for a while and goes on as if nothing had been. */
  paused: 0.005,
  /** One interaction takes seconds. */
  'slow-call': 0.006,
  /** One interaction fails without having happened. */
  'failed-call': 0.006,
  /** One interaction happens, and its caller is told that it failed. */
  'lost-response': 0.006,
  /** A dependency is away for a while. */
  'ledger-outage': 0.02,
  'stream-outage': 0.03,
  'queue-outage': 0.02,
  'orchestrator-outage': 0.02,
  /** The stream takes some of the entries. */
  'partial-batch': 0.02,
  'answer-throttled': 0.03,
  /** The provider says 429 for a while, to one call, or breaks down. */
  'model-storm': 0.06,
  'model-throttled': 0.04,
  'model-failed': 0.05,
  /** The provider answers nobody for a while, if only to say so. */
  'model-outage': 0.03,
  /** An effect is refused by the other side, breaks, or hangs. */
  'effect-failed': 0.06,
  /** The agent's own code fails, or does not end. */
  'agent-failed': 0.06,
  'agent-hangs': 0.03,
  /** The agent's own code asks to be put off. */
  'agent-deferred': 0.04,
  'duplicate-delivery': 0.05,
  'late-delivery': 0.1,
  'lost-ack': 0.05,
  'clock-skew': 0.5,
  'status-lost': 0.08,
  'status-duplicated': 0.1,
  'status-late': 0.1,
  'stale-description': 0.3,
  'batch-replayed': 0.1,
  'batch-reordered': 0.2,
  /** A batch is given to two invocations at once. */
  'batch-doubled': 0.03,
  /** The stream keeps a record, and once more a while later: its writer has heard of the first too late. */
  'record-repeated': 0.02,
  /** A client gives up before an answer has come. */
  'request-abandoned': 0.3,
  /** Somebody stops a run, goes on with one that ended badly, forks one. */
  stop: 0.15,
  resume: 0.5,
  fork: 0.15,
  /** Somebody sends what cannot be read. */
  garbage: 0.2,
  /** A run kills every worker that takes its first step. */
  poison: 0.06,
  /** A consumer of the stream can do nothing with an event. */
  'poison-event': 0.1,
} as const;

export type FaultKind = keyof typeof CHANCES;

export const FAULT_KINDS = Object.keys(CHANCES) as readonly FaultKind[];

/** So probable it is that a seed has a kind at all: what is not masked by the rest shows better. */
const IN_SEED = 0.6;
const FACTORS = [0.5, 1, 1, 2, 4] as const;

export interface FaultLimits {
  /** Kinds that never strike. @default - none */
  readonly without?: ReadonlySet<FaultKind>;
}

export class Faults {
  readonly #streams = new Map<FaultKind, { readonly random: Random; readonly chance: number }>();
  readonly #counts = new Map<FaultKind, number>();
  readonly #onStrike: (kind: FaultKind) => void;
  #isHealed = false;

  constructor(random: Random, limits: FaultLimits, onStrike: (kind: FaultKind) => void) {
    this.#onStrike = onStrike;
    for (const kind of FAULT_KINDS) {
      const own = random.stream(kind);
      const isInSeed = own.chance(IN_SEED);
      const factor = own.pick(FACTORS);
      if (!isInSeed || limits.without?.has(kind)) continue;
      this.#streams.set(kind, { random: own, chance: CHANCES[kind] * factor });
    }
  }

  /** Whether it strikes at this occasion. */
  strikes(kind: FaultKind): boolean {
    const stream = this.#streams.get(kind);
    if (this.#isHealed || !stream?.random.chance(stream.chance)) return false;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#onStrike(kind);
    return true;
  }

  /** Whole milliseconds for how long something lasts; both ends included. */
  lasting(kind: FaultKind, shortestMs: number, longestMs: number): number {
    return this.#streams.get(kind)?.random.between(shortestMs, longestMs) ?? shortestMs;
  }

  heal(): void {
    this.#isHealed = true;
  }

  get isHealed(): boolean {
    return this.#isHealed;
  }

  get counts(): Record<FaultKind, number> {
    const counts = FAULT_KINDS.map((kind) => [kind, this.#counts.get(kind) ?? 0]);
    return Object.fromEntries(counts) as Record<FaultKind, number>;
  }
}
