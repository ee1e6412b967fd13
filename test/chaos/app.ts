/**
 * The CDK app of the chaos: the product's own stacks with a workflow of the chaos in them.
 *
 * Boundary: runs in a project folder that `chaos-project.ts` makes; nothing of the product's app is
 * used or changed.
 */
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildFunctions, folderOf } from '../../infra/build.ts';
import { stageConfig } from '../../infra/config.ts';
import { Deployment } from '../../infra/constructs/deployment.ts';
import { createStacks } from '../../infra/stacks/create-stacks.ts';
import { fulfilOrderWorkflow } from './workflow.ts';

/** Recovery is measured, not the wait for a worker: there is one for every step. */
const AGENT_CONCURRENCY = 12;

const app = new App();
const config = stageConfig('local', {
  modelBaseUrl: app.node.tryGetContext('modelBaseUrl'),
  helpdeskUrl: app.node.tryGetContext('helpdeskUrl'),
});
const functions = await buildFunctions({ root: process.cwd() });
new Deployment(app, {
  stage: 'local',
  config: {
    ...config,
    agentConcurrency: AGENT_CONCURRENCY,
    agentEnvironment: { OUTSIDE_URL: app.node.tryGetContext('outsideUrl') },
  },
  codeOf: (name) => Code.fromAsset(folderOf(functions, name)),
});
createStacks(app, { workflows: [fulfilOrderWorkflow], retiredAgents: [] });
app.synth();
