import * as z from 'zod/mini';
import { EnvironmentError } from '../../contracts/errors.ts';
import type { WorkflowContract } from '../../contracts/workflow.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { Telemetry } from '../telemetry.ts';

export interface DeployedWorkflow {
  readonly contract: WorkflowContract;
  /** Hash of the definition that new runs start on. */
  readonly defVersion: string;
}

/** By name. */
export type DeployedWorkflows = ReadonlyMap<string, DeployedWorkflow>;

const Versions = z.record(z.string(), z.string());

/**
 * Joins the contracts in the bundle with what is deployed. A workflow that the bundle lacks is left
 * out and logged, so that a release which is half deployed keeps its other workflows.
 * @param text JSON: workflow name → hash of its definition (environment variable WORKFLOWS)
 * @throws EnvironmentError when the text is not that.
 */
export function deployedWorkflows(
  contracts: readonly WorkflowContract[],
  text: string,
  telemetry: Pick<Telemetry, 'log'>,
): DeployedWorkflows {
  const versions = z.safeParse(Versions, parseJson(text));
  if (!versions.success) {
    throw new EnvironmentError(
      `WORKFLOWS is not a JSON object of hashes by workflow name: ${text}`,
    );
  }
  const known = new Map(contracts.map((contract) => [contract.name, contract]));
  const deployed = new Map<string, DeployedWorkflow>();
  for (const [name, defVersion] of Object.entries(versions.data)) {
    const contract = known.get(name);
    if (contract) {
      deployed.set(name, { contract, defVersion });
    } else {
      telemetry.log('error', 'a workflow has no contract in the bundle; build and deploy again', {
        workflow: name,
        contracts: [...known.keys()],
      });
    }
  }
  return deployed;
}
