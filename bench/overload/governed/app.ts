/**
 * The CDK app of the governed pipeline: the product's own stacks with lead qualification in them, at the
 * rate of the bench's provider.
 *
 * Boundary: runs in a folder that `deploy-governed.ts` makes; nothing of the product's app is changed.
 */
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildFunctions, folderOf } from '../../../infra/build.ts';
import { stageConfig } from '../../../infra/config.ts';
import { Deployment } from '../../../infra/constructs/deployment.ts';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { leadQualificationWorkflow } from '../../../infra/workflows/lead-qualification.ts';

const app = new App();
const config = stageConfig('local', {
  modelBaseUrl: app.node.tryGetContext('modelBaseUrl'),
  helpdeskUrl: app.node.tryGetContext('helpdeskUrl'),
  crmUrl: app.node.tryGetContext('crmUrl'),
});
const functions = await buildFunctions({
  root: resolve(import.meta.dirname, '../../..'),
  outdir: join(process.cwd(), 'dist'),
});
new Deployment(app, {
  stage: 'local',
  config: {
    ...config,
    quotas: {
      ...config.quotas,
      // The provider's own burst is more: docs/flow-control.md says why less of it is used.
      'model:default': { requestsPerSecond: app.node.getContext('modelPerSecond'), burst: 2 },
    },
  },
  codeOf: (name) => Code.fromAsset(folderOf(functions, name)),
});
createStacks(app, { workflows: [leadQualificationWorkflow], retiredAgents: [] });
app.synth();
