import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type Stage, type StageConfig, stageConfig } from '../../infra/config.ts';
import { Deployment } from '../../infra/constructs/deployment.ts';

/** What the CDK command line reads: how the app is run, and its feature flags. */
export const cdkJson: {
  readonly app: string;
  readonly context: Readonly<Record<string, unknown>>;
} = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

/** An app with a deployment whose functions have no code worth running: for tests of templates. */
export function testApp(
  options: { readonly stage?: Stage; readonly config?: Partial<StageConfig> } = {},
): App {
  const stage = options.stage ?? 'dev';
  const app = new App({
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
    context: cdkJson.context,
  });
  new Deployment(app, {
    stage,
    config: { ...stageConfig(stage), ...options.config },
    codeOf: () => Code.fromInline('exports.handler = async () => undefined;'),
  });
  return app;
}
