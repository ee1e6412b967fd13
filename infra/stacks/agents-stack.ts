import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Deployment } from '../constructs/deployment.ts';

/** The agents' queues and functions. It fills as workflows name contracts (`Agent.of`). */
export class AgentsStack extends Stack {
  private constructor(deployment: Deployment) {
    super(deployment.home, deployment.name('agents'), {
      description: 'Signalbox agents: one queue and one function each',
    });
  }

  /** The agents stack of the deployment that `scope` belongs to, made at first use. */
  static within(scope: Construct): AgentsStack {
    const deployment = Deployment.of(scope);
    const found = deployment.home.node.tryFindChild(deployment.name('agents'));
    return found instanceof AgentsStack ? found : new AgentsStack(deployment);
  }
}
