/**
 * What happened, as the world outside the runtime saw it, in the order in which it happened.
 *
 * Boundary: written by the parts of the simulated world, never by the code under test; the checker
 * judges from nothing else.
 */

import type { RecordedAnswer } from '#runtime/adapters/memory/orchestrator.ts';
import type { BudgetRecord } from '#runtime/contracts/budget.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { CallRecord, DeadLetter, RunRecord, StepRecord } from '#runtime/contracts/ledger.ts';
import type { QuotaRecord } from '#runtime/contracts/quota.ts';
import type { ReactionsRecord } from '#runtime/contracts/reactions.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';

/** An agent's attempt in a container. */
export interface Place {
  readonly run: string;
  readonly path: string;
  /** Earlier failures that the agent's context showed. */
  readonly failures: number;
}

export type Happening =
  | {
      readonly kind: 'step-written';
      readonly before: StepRecord | null;
      readonly after: StepRecord;
    }
  | {
      readonly kind: 'call-written';
      readonly before: CallRecord | null;
      readonly after: CallRecord;
    }
  | { readonly kind: 'run-written'; readonly before: RunRecord | null; readonly after: RunRecord }
  | {
      readonly kind: 'quota-changed';
      readonly before: QuotaRecord | null;
      readonly after: QuotaRecord;
    }
  | {
      readonly kind: 'reactions-written';
      readonly before: ReactionsRecord | null;
      readonly after: ReactionsRecord;
    }
  /** The router has put a task into an agent's queue. */
  | { readonly kind: 'dispatched'; readonly message: TaskMessage }
  /** A consumer has said of these records that they are dealt with. */
  | { readonly kind: 'taken'; readonly consumer: string; readonly records: readonly string[] }
  /** A consumer has done its work on an event. */
  | { readonly kind: 'handled'; readonly run: string; readonly event: string }
  /** An event was put into a lane: as one that cannot be handled, or behind one. */
  | {
      readonly kind: 'laid-aside';
      readonly consumer: string;
      readonly run: string;
      readonly event: string;
      readonly isCause: boolean;
    }
  | { readonly kind: 'budget-written'; readonly after: BudgetRecord }
  | { readonly kind: 'parked'; readonly letter: DeadLetter }
  | { readonly kind: 'appended'; readonly events: readonly SignalboxEvent[] }
  | { readonly kind: 'kept'; readonly events: readonly SignalboxEvent[] }
  | {
      readonly kind: 'answered';
      readonly token: string;
      readonly message: TaskMessage;
      readonly answer: RecordedAnswer;
      readonly isTaken: boolean;
    }
  | {
      readonly kind: 'acked';
      readonly queue: string;
      readonly body: string;
      readonly isOwed: boolean;
    }
  | { readonly kind: 'buried'; readonly queue: string; readonly body: string }
  | ({
      readonly kind: 'attempt-began';
      /** The past that the agent is told of, as `pastText` says it. */
      readonly errors: readonly string[];
      readonly localMs: number;
    } & Place)
  /** An attempt is over, whatever its code still does. */
  | { readonly kind: 'attempt-left'; readonly run: string; readonly path: string }
  /** The agent's code asks for a call; it begins in the same instant. */
  | ({
      readonly kind: 'call-began';
      readonly call: string;
      /** In whose line it had to wait for its turn; absent when the stage has no such quota. */
      readonly quota?: string;
      /** Of the container's clock. */
      readonly localMs: number;
      readonly serial: number;
    } & Place)
  /** The model has answered, whoever has heard of it. */
  | { readonly kind: 'paid'; readonly run: string; readonly path: string; readonly tokens: number }
  /** From now on a container, or the whole world, stands still for so long. */
  | { readonly kind: 'delayed'; readonly ms: number; readonly isEverybody: boolean }
  /** The agent's code got a reply, from the model or from the ledger. */
  | ({ readonly kind: 'replied'; readonly call: string; readonly serial: number } & Place)
  | {
      readonly kind: 'performed';
      readonly run: string;
      readonly path: string;
      readonly name: string;
      readonly key: string;
      readonly policy: 'retry' | 'fail' | 'reconcile';
      readonly result: string;
      readonly isFirst: boolean;
    }
  | {
      readonly kind: 'execution';
      readonly workflow: string;
      readonly name: string;
      readonly status: string;
      readonly output?: unknown;
      readonly error?: string;
    }
  | {
      readonly kind: 'requested';
      readonly sentMs: number;
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly body: unknown;
    }
  /** The input of a step has killed its worker. */
  | { readonly kind: 'poisoned'; readonly run: string; readonly path: string }
  /** Somebody put something unreadable somewhere. */
  | { readonly kind: 'littered'; readonly where: string; readonly body: string }
  | { readonly kind: 'noted'; readonly text: string };

export type Fact = Happening & {
  readonly atMs: number;
  /** The container, or the part of the world, that did it. */
  readonly by: string;
};

export class Evidence {
  readonly facts: Fact[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(by: string, happening: Happening): void {
    this.facts.push({ ...happening, by, atMs: this.#now() });
  }

  note(by: string, text: string): void {
    this.add(by, { kind: 'noted', text });
  }
}

/** A failure in an attempt's past, and what it had to show. */
export const pastText = (code: string, partial: unknown): string =>
  partial === undefined ? code : `${code} ${JSON.stringify(partial)}`;
