/**
 * Tools: what a model may ask an agent to do.
 *
 * Boundary: the declaration only; `runtime/lambda` calls them, once per recorded call (R2).
 */
import type * as z from 'zod/v4/core';
import type { Schema } from './agent.ts';
import type { WhenUnknown } from './agent-context.ts';
import { DefinitionError } from './errors.ts';

export interface Tool<I extends Schema = Schema, O = unknown> {
  /** Kebab case; what the model calls it by. */
  readonly name: string;
  /** For the model: what it does, when to use it, what it gives. */
  readonly description: string;
  /** What the model has to give. It is checked before every call; what does not fit goes back to the model. */
  readonly input: I;
  /** As of an effect; a tool that only reads is safe with `retry`. */
  readonly whenUnknown: WhenUnknown<O>;
  /** One of the agent's `quotas`: each call lines up for it, as an effect's does. @default - none */
  readonly quota?: string;
  /**
   * One call outside; its result must be JSON. What the model has to hear of a failure is a result; an
   * error ends the attempt, as an effect's does. The context may not be used in it.
   */
  run(input: z.output<I>, idempotencyKey: string, signal: AbortSignal): Promise<O>;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_MAX_LENGTH = 64;

/**
 * Declares a tool.
 * @throws DefinitionError for a name or a description that no model provider takes
 */
export function tool<I extends Schema, O>(definition: Tool<I, O>): Tool<I, O> {
  const { name, description } = definition;
  if (!NAME.test(name) || name.length > NAME_MAX_LENGTH) {
    throw new DefinitionError(
      `tool "${name}": the name must be kebab case, at most ${NAME_MAX_LENGTH} characters`,
    );
  }
  if (description.trim() === '') {
    throw new DefinitionError(
      `tool "${name}": the description is empty; say what it does and when to use it, for the model decides by it`,
    );
  }
  return definition;
}
