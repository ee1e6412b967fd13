import type * as z from 'zod/v4/core';
import { DefinitionError } from './errors.ts';
import type { EventTypes } from './event-types.ts';
import { QUOTA_NAME } from './quota.ts';

/** Any zod 4 schema, classic or mini. */
export type Schema = z.$ZodType;

/**
 * What an agent takes, gives and needs. Naming a contract in a workflow is all the wiring there is:
 * its queue and function are made at first use, its code is `<functionsRoot>/<folder>/<name>.ts`.
 */
export interface AgentDefinition<
  Name extends string = string,
  I extends Schema = Schema,
  O extends Schema = Schema,
  E extends EventTypes = EventTypes,
  P extends Schema = Schema,
> {
  /** Verb-noun in kebab case, `answer-question`; also the name of its file, queue and function. */
  readonly name: Name;
  /** Raise it when the meaning of input or output changes; recorded with every outcome. @default 1 */
  readonly version?: number;
  /** What JSON carries, as the output's: synth refuses dates, maps, big integers. */
  readonly input: I;
  readonly output: O;
  /** Longest time one attempt may run, in seconds, 1 to 885 (Lambda's 900 less 15 to finish). Time in the queue does not count. */
  readonly timeoutSeconds: number;
  /** Names of terminal errors that a workflow may catch. `Agent.` and `States.` are taken. @default - none */
  readonly errors?: readonly string[];
  /** Further attempts after a retryable failure, 0 to 10. @default 3 */
  readonly retries?: number;
  /**
   * Quotas that its calls line up for, as `infra/config.ts` names them. Those that begin with `model:` are
   * taken by every model call; an effect or a tool names its own. @default - none
   */
  readonly quotas?: readonly string[];
  /** Messages that one invocation works on at once, 1 to 10. @default 10 */
  readonly batchSize?: number;
  /** Output fields that a workflow may branch or map over; they always stay inline. @default - none */
  readonly control?: readonly (keyof z.output<O> & string)[];
  /** What the agent may show before it has an output, each time as a whole; types `ctx.partial`. @default - text, bit by bit */
  readonly partialOutput?: P;
  /** Domain events that the agent may emit; types `ctx.emit`. @default - none */
  readonly events?: E;
}

/** A checked definition. */
export interface AgentContract<
  Name extends string = string,
  I extends Schema = Schema,
  O extends Schema = Schema,
  E extends EventTypes = EventTypes,
  P extends Schema = Schema,
> extends AgentDefinition<Name, I, O, E, P> {
  readonly kind: 'agent';
}

export type Input<C extends AgentContract> = z.input<C['input']>;
export type Output<C extends AgentContract> = z.output<C['output']>;

/** An agent's settings with every default filled in. */
export const agentSettings = (contract: AgentDefinition) => ({
  version: contract.version ?? 1,
  errors: contract.errors ?? [],
  retries: contract.retries ?? 3,
  batchSize: contract.batchSize ?? 10,
  quotas: contract.quotas ?? [],
  control: (contract.control ?? []) as readonly string[],
});

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/;
const ERROR_NAME = /^(?!Agent\.|States\.)[A-Za-z][A-Za-z0-9.]{0,79}$/;

/**
 * Declares an agent.
 * @throws DefinitionError naming the field, the value got and what is allowed.
 */
export function agentContract<
  const Name extends string,
  I extends Schema,
  O extends Schema,
  const E extends EventTypes = Record<never, never>,
  P extends Schema = z.$ZodString<string>,
>(contract: AgentDefinition<Name, I, O, E, P>): AgentContract<Name, I, O, E, P> {
  const { retries, batchSize, version, errors, quotas } = agentSettings(
    contract as AgentDefinition,
  );
  const refuse = (field: string, got: unknown, allowed: string): never => {
    throw new DefinitionError(
      `agent "${contract.name}": ${field} is ${JSON.stringify(got)}; allowed: ${allowed}`,
    );
  };
  const between = (field: string, value: number, low: number, high: number): void => {
    if (!Number.isInteger(value) || value < low || value > high) {
      refuse(field, value, `a whole number from ${low} to ${high}`);
    }
  };
  if (!NAME.test(contract.name) || contract.name.length > 40) {
    refuse('name', contract.name, 'verb-noun in kebab case, at most 40 characters');
  }
  between('timeoutSeconds', contract.timeoutSeconds, 1, 885);
  between('retries', retries, 0, 10);
  between('batchSize', batchSize, 1, 10);
  between('version', version, 1, 1_000_000);
  for (const name of errors) {
    if (!ERROR_NAME.test(name))
      refuse('errors', name, 'letters, digits and dots, not Agent.* or States.*');
  }
  for (const name of quotas) {
    if (!QUOTA_NAME.test(name))
      refuse(
        'quotas',
        name,
        'kebab case, at most one colon, at most 64 characters: "model:default", "crm"',
      );
  }
  return { ...contract, kind: 'agent' };
}
