import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { AgentContract } from '#runtime/contracts/agent.ts';
import { Agent } from '../constructs/agent.ts';
import { Deployment } from '../constructs/deployment.ts';
import { AgentsStack } from './agents-stack.ts';
import { ApiStack } from './api-stack.ts';
import { DataStack } from './data-stack.ts';
import { EventsStack } from './events-stack.ts';
import { OperationsStack } from './operations-stack.ts';
import { WorkflowsStack, type WorkflowsStackProps } from './workflows-stack.ts';

export interface Deployed extends WorkflowsStackProps {
  /**
   * Agents that no workflow names any more, but runs under way still do: a run goes on with the
   * definition that it was started on. Their queues and functions stay.
   */
  readonly retiredAgents: readonly AgentContract[];
}

/**
 * All stacks of the app's deployment, in the order in which they are deployed, under the
 * AwsSolutions policy. They refer to each other by derived names, so the order is said here.
 */
export function createStacks(app: App, { retiredAgents, ...deployed }: Deployed) {
  const { stage } = Deployment.of(app);
  Tags.of(app).add('service', 'signalbox');
  Tags.of(app).add('stage', stage);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));

  const data = new DataStack(app);
  const agents = AgentsStack.within(app);
  const workflowsStack = new WorkflowsStack(app, deployed);
  for (const contract of retiredAgents) Agent.of(agents, contract);
  const events = new EventsStack(app, workflowsStack.subscriptions);
  const operations = new OperationsStack(app);
  const api = new ApiStack(app, workflowsStack.workflows, workflowsStack.subscriptions);

  events.addStackDependency(data);
  operations.addStackDependency(events);
  // Consumers first: a projector that lags a release behind the agents would park their new events.
  agents.addStackDependency(operations);
  workflowsStack.addStackDependency(agents);
  // The front door opens last: a run that is started finds all that carries and records it.
  api.addStackDependency(workflowsStack);
  return { data, events, agents, workflows: workflowsStack, operations, api };
}
