import * as z from 'zod/mini';
import { EnvironmentError } from '../../contracts/errors.ts';
import type { WorkflowContract } from '../../contracts/workflow.ts';

export interface DeployedWorkflow {
  readonly contract: WorkflowContract;
  /** Hash of the definition that new runs start on. */
  readonly defVersion: string;
}

/** By name. */
export type DeployedWorkflows = ReadonlyMap<string, DeployedWorkflow>;

const Versions = z.record(z.string(), z.string());

/**
 * Joins the contracts in the bundle with what is deployed.
 * @param text JSON: workflow name → hash of its definition (environment variable WORKFLOWS)
 * @throws EnvironmentError when the text is not that, or names a workflow without a contract.
 */
export function deployedWorkflows(
  contracts: readonly WorkflowContract[],
  text: string,
): DeployedWorkflows {
  const versions = z.safeParse(Versions, parse(text));
  if (!versions.success) {
    throw new EnvironmentError(
      `WORKFLOWS is not a JSON object of hashes by workflow name: ${text}`,
    );
  }
  const known = new Map(contracts.map((contract) => [contract.name, contract]));
  return new Map(
    Object.entries(versions.data).map(([name, defVersion]) => {
      const contract = known.get(name);
      if (contract) return [name, { contract, defVersion }];
      throw new EnvironmentError(
        `WORKFLOWS names "${name}", which no contracts.ts exports; exported: ${[...known.keys()].join(', ') || 'none'}. Build and deploy again.`,
      );
    }),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
