import * as z from 'zod/mini';
import { EnvironmentError } from '../../contracts/errors.ts';
import type { SubscriptionsContract } from '../../contracts/subscriptions.ts';
import type { WorkflowContract } from '../../contracts/workflow.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { Telemetry } from '../telemetry.ts';

interface Deployed<C> {
  readonly contract: C;
  /** Hash of the definition that new runs start on. */
  readonly defVersion: string;
}

export type DeployedWorkflow = Deployed<WorkflowContract>;

/** By name. */
export type DeployedWorkflows = ReadonlyMap<string, DeployedWorkflow>;
/** By name. */
export type DeployedSubscriptions = ReadonlyMap<string, Deployed<SubscriptionsContract>>;

/**
 * @param text JSON: workflow name → hash of its definition (environment variable WORKFLOWS)
 * @throws EnvironmentError when the text is not that.
 */
export const deployedWorkflows = (
  contracts: readonly WorkflowContract[],
  text: string,
  telemetry: Pick<Telemetry, 'log'>,
): DeployedWorkflows => deployedOf(contracts, { variable: 'WORKFLOWS', text, telemetry });

/**
 * @param text JSON: name of subscriptions → hash of their rules (environment variable SUBSCRIPTIONS)
 * @throws EnvironmentError when the text is not that.
 */
export const deployedSubscriptions = (
  contracts: readonly SubscriptionsContract[],
  text: string,
  telemetry: Pick<Telemetry, 'log'>,
): DeployedSubscriptions => deployedOf(contracts, { variable: 'SUBSCRIPTIONS', text, telemetry });

const Versions = z.record(z.string(), z.string());

/**
 * Joins the contracts in the bundle with what is deployed. What the bundle lacks is left out and
 * logged, so that a release which is half deployed keeps the rest.
 */
function deployedOf<C extends WorkflowContract | SubscriptionsContract>(
  contracts: readonly C[],
  from: {
    readonly variable: string;
    readonly text: string;
    readonly telemetry: Pick<Telemetry, 'log'>;
  },
): ReadonlyMap<string, Deployed<C>> {
  const { variable, text, telemetry } = from;
  const versions = z.safeParse(Versions, parseJson(text));
  if (!versions.success) {
    throw new EnvironmentError(`${variable} is not a JSON object of hashes by name: ${text}`);
  }
  const known = new Map(contracts.map((contract) => [contract.name, contract]));
  const deployed = new Map<string, Deployed<C>>();
  for (const [name, defVersion] of Object.entries(versions.data)) {
    const contract = known.get(name);
    if (contract) {
      deployed.set(name, { contract, defVersion });
    } else {
      telemetry.log('error', `${variable} names what the bundle lacks; build and deploy again`, {
        name,
        contracts: [...known.keys()],
      });
    }
  }
  return deployed;
}
