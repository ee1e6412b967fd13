import type * as z from 'zod/v4/core';
import type { Schema } from './agent.ts';
import { DefinitionError } from './errors.ts';

/** What a workflow takes and gives, and how long its answer is worth having. */
export interface WorkflowDefinition<
  Name extends string = string,
  I extends Schema = Schema,
  O extends Schema = Schema,
> {
  /** Kebab case, at most 40 characters; part of the API's path. */
  readonly name: Name;
  readonly input: I;
  readonly output: O;
  /** Seconds after acceptance at which the answer stops being useful, 1 to 31,536,000 (a year, the longest a Standard execution lives). */
  readonly deadlineSeconds: number;
  /** Which inputs become searchable tags of the run; keys and values of 1 to 128 characters. @default - none */
  readonly tags?: (input: z.output<I>) => Readonly<Record<string, string>>;
}

/** A checked definition. */
export interface WorkflowContract<
  Name extends string = string,
  I extends Schema = Schema,
  O extends Schema = Schema,
> extends WorkflowDefinition<Name, I, O> {
  readonly kind: 'workflow';
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Declares a workflow.
 * @throws DefinitionError naming the field, the value got and what is allowed.
 */
export function workflowContract<const Name extends string, I extends Schema, O extends Schema>(
  contract: WorkflowDefinition<Name, I, O>,
): WorkflowContract<Name, I, O> {
  const { name, deadlineSeconds } = contract;
  if (!NAME.test(name) || name.length > 40) {
    throw new DefinitionError(`workflow "${name}": name must be kebab case, at most 40 characters`);
  }
  if (!Number.isInteger(deadlineSeconds) || deadlineSeconds < 1 || deadlineSeconds > 31_536_000) {
    throw new DefinitionError(
      `workflow "${name}": deadlineSeconds is ${deadlineSeconds}; allowed: a whole number from 1 to 31,536,000`,
    );
  }
  return { ...contract, kind: 'workflow' };
}
