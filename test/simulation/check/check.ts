/** What every check works with: the scene as it was when something happened, and what was left at the end. */
import type { RunView, Trace } from '#runtime/contracts/api.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { CallRecord, RunRecord, StepOutcome, StepRecord } from '#runtime/contracts/ledger.ts';
import type { AttemptId } from '#runtime/contracts/task-message.ts';
import type { Fact } from '../evidence.ts';
import { ReactiveScene } from './reactive-scene.ts';

/** The platform's, and those of the parts that only agents which react to events need. */
export type Invariant =
  | 'R1'
  | 'R2'
  | 'R3'
  | 'R4'
  | 'R5'
  | 'R6'
  | 'R7'
  | 'R8'
  | 'R9'
  | 'R10'
  | 'R11'
  /** The consumer library's order (consume-events.ts). */
  | 'K2'
  /** What a rule makes of events, of several, and with what it begins (core/react). */
  | 'X1'
  | 'X2'
  | 'X3'
  | 'J1'
  | 'B2';

/** What the API shows of a run. */
export interface Shown {
  readonly view: RunView | null;
  readonly trace: Trace | null;
}

/** What is there when everything is quiet. */
export interface Remains {
  /** By run. */
  readonly shown: ReadonlyMap<string, Shown>;
  /** The same, from a read model made anew of the same events in another order, some of them twice. */
  readonly rebuilt: ReadonlyMap<string, Shown>;
  /** Statuses in the list of runs, by run. */
  readonly listed: ReadonlyMap<string, string>;
  /** Consumers that did not come to the shard's end while events were poison for one of them. */
  readonly stuck: readonly string[];
  /** Why the world has not become quiet; `null` when it has. */
  readonly unrest: string | null;
}

/** One invariant, judged from what happened. */
export interface Check {
  readonly invariant: Invariant;
  /** Told of every fact in its order; the scene is as it was before. */
  readonly see?: (fact: Fact, scene: Scene, judge: Judge) => void;
  readonly end?: (remains: Remains, scene: Scene, judge: Judge) => void;
}

export class Judge {
  readonly violations: { readonly invariant: Invariant; readonly text: string }[] = [];
  /** How often something that a check is about has occurred. */
  readonly seen = new Map<string, number>();
  #invariant: Invariant = 'R1';

  turnTo(invariant: Invariant): void {
    this.#invariant = invariant;
  }

  violate(text: string): void {
    this.violations.push({ invariant: this.#invariant, text });
  }

  saw(what: string): void {
    const key = `${this.#invariant}: ${what}`;
    this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
  }
}

export const stepKeyOf = ({ run, path }: { readonly run: string; readonly path: string }): string =>
  `${run}/${path}`;

export const attemptKeyOf = ({ gen, redrive, retry }: AttemptId): string =>
  `${gen}.${redrive}.${retry}`;

/** The state of the world outside the runtime, as the facts so far make it. */
export class Scene {
  readonly steps = new Map<string, StepRecord>();
  readonly calls = new Map<string, CallRecord>();
  readonly runs = new Map<string, RunRecord>();
  /** Every event that the stream has taken, by id; the first text. */
  readonly told = new Map<string, SignalboxEvent>();
  /** Every event that a call has recorded, by id, whether or not it was told already. */
  readonly recorded = new Map<string, SignalboxEvent>();
  /** Ids that are in the stream or in the outbox. */
  readonly safe = new Set<string>();
  /** The container that holds or held a fence of a step: `run/path#fence`. */
  readonly holders = new Map<string, { readonly by: string; readonly atMs: number }>();
  /** The generation that a container last worked for, by step: `run/path@container`. */
  readonly generations = new Map<string, number>();
  /** Outcomes as they were when they were recorded: `run/path@attempt`. */
  readonly outcomes = new Map<string, StepOutcome>();
  readonly reactive = new ReactiveScene();

  event(id: string): SignalboxEvent | undefined {
    return this.told.get(id) ?? this.recorded.get(id);
  }

  apply(fact: Fact): void {
    this.reactive.apply(fact);
    switch (fact.kind) {
      case 'step-written':
        this.#applyStep(fact);
        break;
      case 'call-written':
        this.calls.set(`${stepKeyOf(fact.after)}#${fact.after.call}`, fact.after);
        for (const event of fact.after.events) this.recorded.set(event.id, event);
        break;
      case 'run-written':
        this.runs.set(fact.after.run, fact.after);
        break;
      case 'appended':
        for (const event of fact.events) {
          if (!this.told.has(event.id)) this.told.set(event.id, event);
          this.safe.add(event.id);
        }
        break;
      case 'kept':
        for (const { id } of fact.events) this.safe.add(id);
        break;
      default:
    }
  }

  #applyStep({ before, after, by, atMs }: Fact & { readonly kind: 'step-written' }): void {
    const key = stepKeyOf(after);
    this.steps.set(key, after);
    if (after.fence !== before?.fence) {
      this.holders.set(`${key}#${after.fence}`, { by, atMs });
      this.generations.set(`${key}@${by}`, after.attempt.gen);
    }
    for (const outcome of after.outcomes) {
      const own = `${key}@${attemptKeyOf(outcome.attempt)}`;
      if (!this.outcomes.has(own)) this.outcomes.set(own, outcome);
    }
  }
}
