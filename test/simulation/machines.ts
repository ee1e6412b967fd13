/**
 * The state machines of the simulation, as they would be deployed.
 *
 * Loading the CDK and synthesising take seconds, so they are done once: whoever starts many processes
 * hands them a file.
 */
import { readFileSync } from 'node:fs';
import type { StateMachine } from '#runtime/testing/asl.ts';
import { readStateMachine } from '#runtime/testing/read-state-machine.ts';
import { support } from '../../functions/support/contracts.ts';
import { SIMULATED_WORKFLOWS } from './contracts.ts';

/** By workflow. */
export type Machines = ReadonlyMap<string, StateMachine>;

/** Names a file with what `synthesizedDefinitions` gave. */
export const MACHINES_FILE = 'SIMULATION_MACHINES';

/** Definitions as JSON, by workflow. */
export async function synthesizedDefinitions(): Promise<Readonly<Record<string, unknown>>> {
  const [{ Stack }, { testApp }, { synthesizedMachine }, { supportWorkflow }, own] =
    await Promise.all([
      import('aws-cdk-lib'),
      import('../support/deployment.ts'),
      import('../../infra/synthesized-machine.ts'),
      import('../../infra/workflows/support.ts'),
      import('./workflows.ts'),
    ]);
  const stack = new Stack(testApp(), 'Workflows');
  supportWorkflow(stack);
  own.chainWorkflow(stack);
  own.branchWorkflow(stack);
  own.parallelWorkflow(stack);
  const names = [support, ...SIMULATED_WORKFLOWS].map(({ name }) => name);
  return Object.fromEntries(names.map((name) => [name, synthesizedMachine(stack, name)]));
}

export async function loadMachines(file = process.env[MACHINES_FILE]): Promise<Machines> {
  const definitions: Readonly<Record<string, unknown>> =
    file === undefined ? await synthesizedDefinitions() : JSON.parse(readFileSync(file, 'utf8'));
  return new Map(
    Object.entries(definitions).map(([name, definition]) => [name, readStateMachine(definition)]),
  );
}
