import { join } from 'node:path';
import { cloudEnvironment, type RunningCloud } from '../../localstack/cloud.ts';
import type { Report } from '../../localstack/report.ts';
import { prepareAssetStore } from './asset-store.ts';
import { readOutputs, runCdk } from './cdk.ts';
import { outputsIncomplete } from './local-errors.ts';

export interface LocalDeployment {
  /** Absolute path of the folder with `cdk.json`. */
  readonly project: string;
  /** Absolute path for what the CDK writes; two deployments at once need two. */
  readonly workFolder: string;
  readonly logFile: string;
  readonly cloud: Pick<RunningCloud, 'endpoint' | 'kind'>;
  readonly modelUrl: string;
  readonly helpdeskUrl: string;
  readonly crmUrl: string;
  readonly calendarUrl: string;
  /** Where traces go; `undefined`: nowhere. */
  readonly otlpEndpoint?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Deploys stage `local` with the plain `cdk`; the answer is the API's address.
 * @throws CliError
 */
export async function deployLocal(deployment: LocalDeployment): Promise<string> {
  const { workFolder, cloud, report } = deployment;
  const { modelUrl, helpdeskUrl, crmUrl, calendarUrl, otlpEndpoint } = deployment;
  const outputs = join(workFolder, 'outputs.json');
  const context = [
    ...['-c', 'stage=local'],
    ...['-c', `modelBaseUrl=${modelUrl}/v1`],
    ...['-c', `helpdeskUrl=${helpdeskUrl}`],
    ...['-c', `crmUrl=${crmUrl}`],
    ...['-c', `calendarUrl=${calendarUrl}`],
    ...(otlpEndpoint === undefined ? [] : ['-c', `otlpEndpoint=${otlpEndpoint}`]),
    ...['--output', join(workFolder, 'cdk.out')],
    '--no-notices',
  ];
  const cdk = (args: readonly string[]): Promise<void> =>
    runCdk({
      ...deployment,
      args: [...args, ...context],
      environment: environmentFor(deployment.environment, cloud.endpoint),
    });
  if (cloud.kind === 'embedded') await prepareAssetStore(cloud.endpoint);
  else {
    report('Bootstrapping the cloud for the CDK');
    await cdk(['bootstrap']);
  }
  report('Building the functions and the stacks');
  await cdk([
    ...['deploy', '--all', '--require-approval', 'never', '--method', 'direct'],
    ...['--outputs-file', outputs],
  ]);
  return localApiUrl(cloud.endpoint, await readOutputs(outputs));
}

/**
 * The caller's environment, in which nothing may name another account or profile: a set AWS_PROFILE
 * would win over the keys of the local cloud.
 */
export const environmentFor = (
  environment: Readonly<Record<string, string | undefined>>,
  endpoint: string,
): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(AWS|CDK)_/.test(name))),
  ...cloudEnvironment(endpoint),
  // Takes longer than the deployment, and `cdk synth` of the other stages does it.
  CDK_VALIDATION: 'false',
});

/** The output `ApiUrl` names a host of AWS, which a local cloud serves under a path. */
export function localApiUrl(
  endpoint: string,
  { ApiId, ApiStage }: Readonly<Record<string, string>>,
): string {
  if (ApiId === undefined) throw outputsIncomplete('ApiId');
  if (ApiStage === undefined) throw outputsIncomplete('ApiStage');
  return `${endpoint}/_aws/execute-api/${ApiId}/${ApiStage}`;
}
