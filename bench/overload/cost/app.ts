/**
 * The CDK app of the steps that are counted: the product's own stacks, and agents whose calls to AWS go
 * through a counting proxy.
 *
 * Boundary: runs in a folder that `deploy-cost.ts` makes; nothing of the product's app is changed.
 */
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildFunctions, folderOf } from '../../../infra/build.ts';
import { stageConfig } from '../../../infra/config.ts';
import { AgentWorkflow } from '../../../infra/constructs/agent-workflow.ts';
import { Deployment } from '../../../infra/constructs/deployment.ts';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { askOnce, doNothing, nothing, question } from './functions/contracts.ts';

const nothingWorkflow = (scope: Construct): AgentWorkflow<typeof nothing> =>
  new AgentWorkflow(scope, 'Nothing', {
    contract: nothing,
    definition: (flow) => {
      const step = flow.step('do', doNothing, { number: flow.input.number });
      return step.next(flow.done('Done', { number: step.output.number }));
    },
  });

const questionWorkflow = (scope: Construct): AgentWorkflow<typeof question> =>
  new AgentWorkflow(scope, 'Question', {
    contract: question,
    definition: (flow) => {
      const step = flow.step('ask', askOnce, { number: flow.input.number });
      return step.next(flow.done('Done', { number: step.output.number }));
    },
  });

const app = new App();
const proxyUrl: string = app.node.getContext('proxyUrl');
const config = stageConfig('local', {
  modelBaseUrl: app.node.tryGetContext('modelBaseUrl'),
  helpdeskUrl: app.node.tryGetContext('helpdeskUrl'),
  crmUrl: app.node.tryGetContext('crmUrl'),
});
const functions = await buildFunctions({ root: process.cwd() });
new Deployment(app, {
  stage: 'local',
  config: {
    ...config,
    // Nobody waits: what is counted is a call that is due at once.
    quotas: { ...config.quotas, 'model:default': { requestsPerSecond: 1000, burst: 100 } },
    agentEnvironment: {
      AWS_ENDPOINT_URL_DYNAMODB: proxyUrl,
      AWS_ENDPOINT_URL_KINESIS: proxyUrl,
      AWS_ENDPOINT_URL_S3: proxyUrl,
      AWS_ENDPOINT_URL_SFN: proxyUrl,
      AWS_ENDPOINT_URL_SQS: proxyUrl,
    },
  },
  codeOf: (name) => Code.fromAsset(folderOf(functions, name)),
});
createStacks(app, { workflows: [nothingWorkflow, questionWorkflow], retiredAgents: [] });
app.synth();
