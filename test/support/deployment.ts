import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type Stage, type StageConfig, stageConfig } from '../../infra/config.ts';
import { Deployment } from '../../infra/constructs/deployment.ts';

/** An app with a deployment whose functions have no code worth running: for tests of templates. */
export function testApp(
  options: { readonly stage?: Stage; readonly config?: Partial<StageConfig> } = {},
): App {
  const stage = options.stage ?? 'dev';
  const app = new App({ analyticsReporting: false });
  new Deployment(app, {
    stage,
    config: { ...stageConfig(stage), ...options.config },
    codeOf: () => Code.fromInline('exports.handler = async () => undefined;'),
  });
  return app;
}
