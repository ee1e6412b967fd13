import type * as z from 'zod/v4/core';
import { type AgentContract, agentSettings, type Schema } from '../contracts/agent.ts';
import type { AgentContext } from '../contracts/agent-context.ts';
import type { EventTypes } from '../contracts/event-types.ts';
import { checkInput, checkOutput } from '../core/check-value.ts';
import type { ClaimCheck } from '../core/claim-check.ts';

/** An agent as its author writes it. */
export type AgentFunction<
  I extends Schema,
  O extends Schema,
  E extends EventTypes,
  P extends Schema,
> = (input: z.output<I>, ctx: AgentContext<E, P>) => Promise<z.input<O>>;

/** An agent as the door runs it: unchecked values in, checked JSON out. */
export interface AgentCode {
  readonly contract: AgentContract;
  /**
   * @param inlineBytes the most of the output that may travel inline, in bytes of JSON
   * @throws whatever the author's code throws; TerminalError for an input or output that does not fit
   */
  execute(input: unknown, ctx: AgentContext, inlineBytes: number): Promise<ClaimCheck>;
}

/** Puts the contract's checks around the author's code. */
export function agentCode<
  Name extends string,
  I extends Schema,
  O extends Schema,
  E extends EventTypes,
  P extends Schema,
>(contract: AgentContract<Name, I, O, E, P>, run: AgentFunction<I, O, E, P>): AgentCode {
  const { control } = agentSettings(contract as AgentContract);
  return {
    contract,
    execute: async (input, ctx, inlineBytes) =>
      checkOutput(contract.output, await run(await checkInput(contract.input, input), ctx), {
        inlineBytes,
        control,
      }),
  };
}
