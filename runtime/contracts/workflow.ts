import type * as z from 'zod/v4/core';
import type { Schema } from './agent.ts';
import type { BudgetLimits } from './budget.ts';
import { DefinitionError } from './errors.ts';
import { type EventTypes, eventTypes } from './event-types.ts';

/** What a workflow takes and gives, and how long its answer is worth having. */
export interface WorkflowDefinition<
  Name extends string = string,
  I extends Schema = Schema,
  O extends Schema = Schema,
  E extends EventTypes = EventTypes,
> {
  /** Kebab case, at most 40 characters; part of the API's path. */
  readonly name: Name;
  readonly input: I;
  readonly output: O;
  /** Seconds after acceptance at which the answer stops being useful, 1 to 31,536,000 (a year, the longest a Standard execution lives). */
  readonly deadlineSeconds: number;
  /** Most that a run of it may spend, retries and all: what does not fit any more fails with `Agent.BudgetExhausted`. @default - no limit */
  readonly budget?: BudgetLimits;
  /** Longest wait for which a run is still accepted, in seconds, up to a third of the deadline. @default - a sixth of the deadline */
  readonly maxQueueSeconds?: number;
  /** Domain events from outside that its runs can wait for. @default - none */
  readonly events?: E;
  /** Which inputs become searchable tags of the run; keys and values of 1 to 128 characters. @default - none */
  readonly tags?: (input: z.output<I>) => Readonly<Record<string, string>>;
}

/** A checked definition. */
export interface WorkflowContract<
  Name extends string = string,
  I extends Schema = Schema,
  O extends Schema = Schema,
  E extends EventTypes = EventTypes,
> extends WorkflowDefinition<Name, I, O, E> {
  readonly kind: 'workflow';
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Declares a workflow.
 * @throws DefinitionError naming the field, the value got and what is allowed.
 */
export function workflowContract<
  const Name extends string,
  I extends Schema,
  O extends Schema,
  const E extends EventTypes = Readonly<Record<never, Schema>>,
>(contract: WorkflowDefinition<Name, I, O, E>): WorkflowContract<Name, I, O, E> {
  const { name, deadlineSeconds } = contract;
  if (!NAME.test(name) || name.length > 40) {
    throw new DefinitionError(`workflow "${name}": name must be kebab case, at most 40 characters`);
  }
  if (!Number.isInteger(deadlineSeconds) || deadlineSeconds < 1 || deadlineSeconds > 31_536_000) {
    throw new DefinitionError(
      `workflow "${name}": deadlineSeconds is ${deadlineSeconds}; allowed: a whole number from 1 to 31,536,000`,
    );
  }
  refuseQueueSeconds(contract);
  refuseBudget(contract);
  eventTypes(contract.events ?? {});
  return { ...contract, kind: 'workflow' };
}

/** Longest predicted wait, in seconds, with which a run is accepted. A sixth of the deadline: docs/flow-control.md. */
export const maxQueueSecondsOf = ({
  deadlineSeconds,
  maxQueueSeconds,
}: Pick<WorkflowDefinition, 'deadlineSeconds' | 'maxQueueSeconds'>): number =>
  maxQueueSeconds ?? deadlineSeconds / 6;

function refuseQueueSeconds({ name, deadlineSeconds, maxQueueSeconds }: WorkflowDefinition): void {
  if (maxQueueSeconds === undefined) return;
  if (maxQueueSeconds > 0 && maxQueueSeconds <= deadlineSeconds / 3) return;
  throw new DefinitionError(
    `workflow "${name}": maxQueueSeconds is ${maxQueueSeconds}; allowed: more than 0 and at most a third of deadlineSeconds (${deadlineSeconds / 3})`,
  );
}

function refuseBudget({ name, budget }: WorkflowDefinition): void {
  if (budget === undefined) return;
  const { usd, tokens } = budget;
  const isLimit = (limit: number | undefined): boolean =>
    limit === undefined || (Number.isFinite(limit) && limit > 0);
  if (isLimit(usd) && isLimit(tokens) && (usd ?? tokens) !== undefined) return;
  throw new DefinitionError(
    `workflow "${name}": budget is ${JSON.stringify(budget)}; allowed: usd or tokens or both, each above 0`,
  );
}
