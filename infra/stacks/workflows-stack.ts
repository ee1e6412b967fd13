import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import type { DeployedSubscriptions } from '#runtime/contracts/subscriptions.ts';
import { Deployment } from '../constructs/deployment.ts';

/** What the front door must know of a workflow that is deployed. */
export interface DeployedWorkflow {
  readonly contract: { readonly name: string };
  /** Runs record it: a resumed run knows whether its definition has changed. */
  readonly definitionVersion: string;
  /** Names of those that its steps ask, each once. */
  readonly agents: readonly string[];
  /** By quota, calls that a run is expected to make. */
  readonly expectedCalls: Readonly<Record<string, number>>;
}

/** As `Subscriptions` makes it. */
interface Declared {
  /** Throws a DefinitionError when its rules cannot work. */
  deployed(): DeployedSubscriptions;
}

export interface WorkflowsStackProps {
  /** One function per workflow, which creates it in the scope that it is given. */
  readonly workflows: readonly ((scope: Construct) => DeployedWorkflow)[];
  /** One function each, too. @default - none */
  readonly subscriptions?: readonly ((scope: Construct) => Declared)[];
}

/**
 * One state machine per workflow; subscriptions have no resources, their rules are told to the router.
 * The agents that both name appear in the agents stack.
 */
export class WorkflowsStack extends Stack {
  readonly workflows: readonly DeployedWorkflow[];
  readonly subscriptions: readonly DeployedSubscriptions[];

  constructor(scope: Construct, { workflows, subscriptions = [] }: WorkflowsStackProps) {
    const deployment = Deployment.of(scope);
    super(deployment.home, deployment.name('workflows'), {
      description: 'Signalbox workflows: one state machine each',
    });
    this.workflows = workflows.map((create) => create(this));
    this.subscriptions = subscriptions.map((create) => create(this).deployed());
    refuseSharedNames(this);
  }
}

/** Runs are listed and counted by the name of what they are runs of. */
function refuseSharedNames({ workflows, subscriptions }: WorkflowsStack): void {
  const names = [
    ...workflows.map(({ contract }) => contract.name),
    ...subscriptions.map(({ name }) => name),
  ];
  const shared = subscriptions.find(({ name }) => names.indexOf(name) !== names.lastIndexOf(name));
  if (!shared) return;
  throw new DefinitionError(
    `subscriptions "${shared.name}" have the name of a workflow or of other subscriptions; allowed: one of either per name. Rename one of them.`,
  );
}
