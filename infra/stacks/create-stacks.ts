import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Construct } from 'constructs';
import { Deployment } from '../constructs/deployment.ts';
import { AgentsStack } from './agents-stack.ts';
import { ApiStack } from './api-stack.ts';
import { DataStack } from './data-stack.ts';
import { EventsStack } from './events-stack.ts';
import { type DeployedWorkflow, WorkflowsStack } from './workflows-stack.ts';

/**
 * All stacks of the app's deployment, in the order in which they are deployed, under the
 * AwsSolutions policy. They refer to each other by derived names, so the order is said here.
 */
export function createStacks(
  app: App,
  workflows: readonly ((scope: Construct) => DeployedWorkflow)[],
) {
  const { stage } = Deployment.of(app);
  Tags.of(app).add('service', 'signalbox');
  Tags.of(app).add('stage', stage);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));

  const data = new DataStack(app);
  const agents = AgentsStack.within(app);
  const workflowsStack = new WorkflowsStack(app, workflows);
  const events = new EventsStack(app);
  const api = new ApiStack(app, workflowsStack.workflows);

  agents.addStackDependency(data);
  workflowsStack.addStackDependency(agents);
  events.addStackDependency(data);
  // The front door opens last: a run that is started finds all that carries and records it.
  api.addStackDependency(workflowsStack);
  api.addStackDependency(events);
  return { data, agents, workflows: workflowsStack, events, api };
}
