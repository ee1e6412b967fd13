import type * as z from 'zod/v4/core';
import type { AgentContract, Schema } from '../contracts/agent.ts';
import type {
  AgentContext,
  ModelCall,
  ModelReply,
  PastAttempt,
  WhenUnknown,
} from '../contracts/agent-context.ts';
import { TerminalError } from '../contracts/errors.ts';
import type { FailedAttempt } from '../core/attempt.ts';
import { effectCall, idempotencyKey } from '../core/effect.ts';
import { askModel } from './ask-model.ts';
import type { Attempt } from './attempt.ts';
import { emitEvent } from './emit-event.ts';
import { refuseInsideEffect } from './inside-effect.ts';

/** Names of calls become parts of keys. */
const CALL_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const CALL_NAME_MAX_LENGTH = 64;

/** The context of an agent, on the ledger. */
export class LedgerContext implements AgentContext {
  readonly run: AgentContext['run'];
  readonly step: AgentContext['step'];
  readonly deadline: Date;
  readonly signal: AbortSignal;
  readonly attempts: readonly PastAttempt[];
  readonly #attempt: Attempt;

  constructor(attempt: Attempt) {
    const { contract, message, number, past, deadlineMs } = attempt.parts;
    const { id, tenant, workflow } = message.run;
    this.#attempt = attempt;
    this.run = { id, tenant, workflow };
    this.step = { path: message.step.path, attempt: number };
    this.deadline = new Date(deadlineMs);
    this.signal = attempt.signal;
    this.attempts = past.map((ended) => pastAttemptOf(contract, ended));
  }

  model<S extends Schema>(
    name: string,
    call: ModelCall<S> & { readonly output: S },
  ): Promise<ModelReply<z.output<S>>>;
  model(name: string, call: Omit<ModelCall<Schema>, 'output'>): Promise<ModelReply<undefined>>;
  model(name: string, call: ModelCall<Schema>): Promise<ModelReply<unknown>> {
    return owned(async () => {
      refuseInsideEffect('model');
      checkName('model call', name);
      return askModel(this.#attempt, name, call);
    });
  }

  effect<R>(
    name: string,
    policy: { readonly whenUnknown: WhenUnknown<R>; readonly quota?: string },
    call: (idempotencyKey: string) => Promise<R>,
  ): Promise<R> {
    return owned(async () => {
      refuseInsideEffect('effect');
      checkName('effect', name);
      const { run, step } = this.#attempt.parts.message;
      const { performEffect } = await import('./perform-effect.ts');
      return performEffect(this.#attempt, {
        kind: 'effect',
        name,
        call: effectCall(name),
        idempotencyKey: idempotencyKey(run.id, step.path, name),
        whenUnknown: policy.whenUnknown,
        quota: policy.quota,
        perform: call,
      });
    });
  }

  emit(type: string, data: unknown): Promise<void> {
    return owned(async () => {
      refuseInsideEffect('emit');
      return emitEvent(this.#attempt, type, data);
    });
  }

  partial(chunk: unknown): void {
    refuseInsideEffect('partial');
    this.#attempt.partial.show(chunk);
  }
}

/** What another version of the contract has recorded may be of another kind: that is left out. */
function pastAttemptOf(
  { partialOutput }: AgentContract,
  { failure, partial }: FailedAttempt,
): PastAttempt {
  const shown = partialOutput ? 'value' : 'text';
  if (!partial || !(shown in partial)) return { error: failure };
  return { error: failure, partial: 'text' in partial ? partial.text : partial.value };
}

/**
 * A promise whose rejection the agent may leave unhandled: one forgotten `await` must not end the
 * process, and with it the other messages of the batch (R8).
 */
function owned<T>(perform: () => Promise<T>): Promise<T> {
  const promise = perform();
  promise.catch(() => undefined);
  return promise;
}

function checkName(kind: string, name: string): void {
  if (CALL_NAME.test(name) && name.length <= CALL_NAME_MAX_LENGTH) return;
  throw new TerminalError(
    `${kind} "${name}": the name must be kebab case, at most ${CALL_NAME_MAX_LENGTH} characters`,
  );
}
