import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
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

/** One state machine per workflow. The agents that they name appear in the agents stack. */
export class WorkflowsStack extends Stack {
  readonly workflows: readonly DeployedWorkflow[];

  /** @param workflows one function per workflow, which creates it in the scope that it is given */
  constructor(scope: Construct, workflows: readonly ((scope: Construct) => DeployedWorkflow)[]) {
    const deployment = Deployment.of(scope);
    super(deployment.home, deployment.name('workflows'), {
      description: 'Signalbox workflows: one state machine each',
    });
    this.workflows = workflows.map((create) => create(this));
  }
}
