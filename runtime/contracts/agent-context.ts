/**
 * What an agent's code is handed beside its input.
 *
 * Boundary: shapes only; `runtime/lambda` implements them on the ledger, `runtime/testing` scripts them.
 */
import type * as z from 'zod/v4/core';
import type { Schema } from './agent.ts';
import type { Failure } from './errors.ts';
import type { EventTypes } from './event-types.ts';
import type { Tool } from './tool.ts';

/**
 * What to do when it is unknown whether an effect happened: its worker died, its attempt was ended, or
 * its call threw something else than a RetryableError or a TerminalError of the author's own, without
 * a `code`: those say that it did not happen. There is no default:
 * - `retry`: call again with the same key; the other side deduplicates by it;
 * - `fail`: end the step with `EFFECT_UNCERTAIN`, a person decides;
 * - `reconcile`: ask the other side by key, then use what it found or call.
 */
export type WhenUnknown<R> =
  | 'retry'
  | 'fail'
  | {
      readonly reconcile: (
        key: string,
        signal: AbortSignal,
      ) => Promise<{ readonly found: R } | 'absent'>;
    };

export interface ModelCall<S extends Schema> {
  readonly prompt: string;
  readonly system?: string;
  /** Shape of the object wanted. @default - text only */
  readonly output?: S;
  /** Always needed: an unset limit reserves the model's maximum against the provider's quota. */
  readonly maxOutputTokens: number;
  /** Model id as the provider spells it. @default - the stage's model */
  readonly model?: string;
  /** What the model may call before it answers. @default - none */
  readonly tools?: readonly Tool[];
  /** Most replies of the model, those that call tools included: 1 to 100. @default 10 */
  readonly maxTurns?: number;
}

export interface ModelReply<T> {
  readonly text: string;
  /** The checked object; `undefined` when none was asked for. */
  readonly object: T;
  /** Of all turns together. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
}

/** An ended attempt of this step (R9). */
export interface PastAttempt<P extends Schema = Schema> {
  readonly error: Failure;
  /** What it had to show before its end; absent when it showed nothing. */
  readonly partial?: z.output<P>;
}

/** @typeParam P what `partial` takes: text, unless the contract has a `partialOutput` */
export interface AgentContext<E extends EventTypes = EventTypes, P extends Schema = Schema> {
  readonly run: { readonly id: string; readonly tenant: string; readonly workflow: string };
  /** `attempt` is 1 for the first try of this generation. */
  readonly step: { readonly path: string; readonly attempt: number };
  /** After this instant the answer is worth nothing. */
  readonly deadline: Date;
  /** Aborts when the attempt must end: timeout, deadline, lost lease. Hand it to everything that waits. */
  readonly signal: AbortSignal;
  /** Earlier failed attempts of this step, oldest first (R9). */
  readonly attempts: readonly PastAttempt<P>[];
  /**
   * Asks the model. A crash replays a recorded reply, a failed attempt asks again. With `tools` the model
   * may call them in turns before it answers: each turn is recorded like a model call, each tool call
   * like an effect, so a retry whose model wants the same again gets the recorded result.
   * @param name kebab case, unique among calls with other requests in this step
   * @throws RetryableError or TerminalError with a `MODEL_*` code
   */
  model<S extends Schema>(
    name: string,
    call: ModelCall<S> & { readonly output: S },
  ): Promise<ModelReply<z.output<S>>>;
  model(name: string, call: Omit<ModelCall<Schema>, 'output'>): Promise<ModelReply<undefined>>;
  /**
   * Changes the world outside, once per run, path and name: a recorded result is returned, not repeated (R2).
   * The result must be JSON. The call may not use the context: it is one call outside, or it could not be
   * told whether it happened.
   * A forked run takes over what its origin has recorded, and refuses (`EFFECT_BLOCKED`) what is new
   * unless it was forked with live effects.
   */
  effect<R>(
    name: string,
    policy: {
      readonly whenUnknown: WhenUnknown<R>;
      /**
       * One of the contract's `quotas`: the call lines up for it. A RetryableError with `retryAfterSeconds`
       * says that it was one too many: it lines up again. One without says that the other side is away.
       * @default - none
       */
      readonly quota?: string;
    },
    call: (idempotencyKey: string) => Promise<R>,
  ): Promise<R>;
  /** Publishes a domain event of the contract's registry; recorded first, so a crash publishes the same one again. */
  emit<K extends keyof E & string>(type: K, data: z.input<E[K]>): Promise<void>;
  /**
   * Shows what there is so far: text is appended to what was shown before, a value of the contract's
   * `partialOutput` replaces it. It is recorded within 250 ms, so it survives a crash, and reaches the
   * run's page and, if the attempt fails, `ctx.attempts` of the next one. Text beyond 32 KiB is dropped.
   * @throws TerminalError for a value that does not fit `partialOutput`, or is larger than 32 KiB
   */
  partial(chunk: z.input<P>): void;
}
