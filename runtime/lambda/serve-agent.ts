import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { AgentContract, Schema } from '../contracts/agent.ts';
import type { EventTypes } from '../contracts/event-types.ts';
import { lazy } from '../core/lazy.ts';
import { type AgentFunction, agentCode } from './agent-code.ts';
import type { Remaining } from './delivery.ts';
import { handleBatch } from './door.ts';
import type { DoorPorts } from './door-ports.ts';
import { agentEnvironment } from './environment.ts';

/** A Lambda handler for an agent's queue, with the agent's contract and code beside it for tests. */
export interface AgentHandler<
  Name extends string = string,
  I extends Schema = Schema,
  O extends Schema = Schema,
  E extends EventTypes = EventTypes,
  P extends Schema = Schema,
> {
  (event: SQSEvent, context: Remaining): Promise<SQSBatchResponse>;
  readonly contract: AgentContract<Name, I, O, E, P>;
  readonly run: AgentFunction<I, O, E, P>;
}

/**
 * Makes an agent of a contract and a function.
 *
 * Importing a file that calls this does nothing else: environment, clients and ports are made with the
 * first message, so tests can import handlers.
 * @param compose makes the ports at the first message. @default - AWS, from the function's environment
 */
export function serveAgent<
  Name extends string,
  I extends Schema,
  O extends Schema,
  E extends EventTypes,
  P extends Schema,
>(
  contract: AgentContract<Name, I, O, E, P>,
  run: AgentFunction<I, O, E, P>,
  compose: (agent: string) => Promise<DoorPorts> = composeOnAws,
): AgentHandler<Name, I, O, E, P> {
  const code = agentCode(contract, run);
  const ports = lazy(() => compose(contract.name));
  const handle = async (event: SQSEvent, context: Remaining): Promise<SQSBatchResponse> =>
    handleBatch(code, await ports(), event, context);
  return Object.assign(handle, { contract, run });
}

async function composeOnAws(agent: string): Promise<DoorPorts> {
  const environment = agentEnvironment();
  const { composeDoor } = await import('./compose.ts');
  return composeDoor(agent, environment);
}
