/** One execution, and one visit to one of its states: what every kind of state works with. */
import { STATE_MAX_BYTES } from '#runtime/core/limits.ts';
import type { System } from '#runtime/ports.ts';
import type { Leaving } from '../asl.ts';
import { type Bindings, evaluate, evaluateAll } from './evaluate.ts';
import { StateError } from './state-error.ts';

/** How an attempt of a task was answered. */
export type TaskResult =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string };

/**
 * Sends a task's message and resolves with its answer. What it throws is not an answer: it ends the
 * interpretation.
 */
export type Dispatch = (
  message: unknown,
  attempt: {
    /** Epoch milliseconds. */
    readonly now: number;
    /** New for every attempt. */
    readonly taskToken: string;
    /** Aborts when nobody waits for the answer any more. */
    readonly signal: AbortSignal;
  },
) => Promise<TaskResult>;

/** What all states of an execution share. */
export interface World {
  readonly execution: Readonly<Record<string, unknown>>;
  readonly dispatch: Dispatch;
  readonly time: Pick<System, 'now' | 'sleep'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly meter: Meter;
  /** Aborts when the execution was stopped, or a sibling's failure has ended what this state belongs to. */
  readonly signal: AbortSignal;
}

/** Counts as AWS does: transitions are billed, history ends at 25,000 events. */
interface Meter {
  transitions: number;
  historyEvents: number;
  tokens: number;
}

export type Variables = Readonly<Record<string, unknown>>;

export interface Visit {
  readonly name: string;
  readonly input: unknown;
  /** As they were at entry. */
  readonly variables: Variables;
  readonly enteredAt: string;
  readonly world: World;
}

/** How a state was left; `next` is null at the end of the machine. */
export interface Departure {
  readonly output: unknown;
  readonly assigned: Variables;
  readonly next: string | null;
}

/** What expressions of a state see. `own` are the parts of `$states` and of its context that only some places have. */
export const bindingsOf = (
  { name, input, variables, enteredAt, world }: Visit,
  own: {
    readonly states?: Readonly<Record<string, unknown>>;
    readonly context?: Readonly<Record<string, unknown>>;
    readonly retryCount?: number;
  } = {},
): Bindings => ({
  ...variables,
  states: {
    input,
    context: {
      Execution: world.execution,
      State: { Name: name, EnteredTime: enteredAt, RetryCount: own.retryCount ?? 0 },
      ...own.context,
    },
    ...own.states,
  },
});

/**
 * Leaves a state: Output and Assign see the values at entry, so what is assigned is visible only in
 * the next state.
 * @throws StateError
 */
export async function depart(
  { Output, Assign = {} }: Leaving,
  bindings: Bindings,
  otherwise: unknown,
  next: string | undefined,
): Promise<Departure> {
  const output = Output === undefined ? otherwise : await evaluate(Output, bindings);
  const assigned = await evaluateAll(Assign, bindings);
  refuseTooLarge('the output', output);
  refuseTooLarge('what is assigned', assigned);
  return { output, assigned, next: next ?? null };
}

/** @throws StateError `States.DataLimitExceeded`, which no `States.ALL` catches. */
export function refuseTooLarge(what: string, value: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes > STATE_MAX_BYTES) {
    throw new StateError(
      'States.DataLimitExceeded',
      `${what} is ${bytes} bytes of JSON; allowed: ${STATE_MAX_BYTES}`,
    );
  }
}
