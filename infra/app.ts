import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { AgentContract } from '#runtime/contracts/agent.ts';
import { buildFunctions, folderOf } from './build.ts';
import { parseStage, stageConfig } from './config.ts';
import { Deployment } from './constructs/deployment.ts';
import { createStacks } from './stacks/create-stacks.ts';
import { leadQualificationWorkflow } from './workflows/lead-qualification.ts';
import { realEstateAgents } from './workflows/real-estate.ts';
import { supportWorkflow } from './workflows/support.ts';

/** Every workflow that is deployed; a new one is added here. */
const workflows = [supportWorkflow, leadQualificationWorkflow];
/** Agents that react to events; further ones are added here. */
const subscriptions = [realEstateAgents];
/** Agents that only runs of earlier releases still name: ARCHITECTURE.md, "How to change a contract". */
const retiredAgents: readonly AgentContract[] = [];

const app = new App();
const stage = parseStage(app.node.tryGetContext('stage') ?? 'dev');
const config = stageConfig(stage, {
  modelBaseUrl: app.node.tryGetContext('modelBaseUrl'),
  helpdeskUrl: app.node.tryGetContext('helpdeskUrl'),
  crmUrl: app.node.tryGetContext('crmUrl'),
  calendarUrl: app.node.tryGetContext('calendarUrl'),
  otlpEndpoint: app.node.tryGetContext('otlpEndpoint'),
});
const functions = await buildFunctions();
new Deployment(app, {
  stage,
  config,
  codeOf: (name) => Code.fromAsset(folderOf(functions, name)),
});
createStacks(app, { workflows, subscriptions, retiredAgents });
app.synth();
