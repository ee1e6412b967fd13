import { mkdir, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareAssetStore } from '../../cli/local/asset-store.ts';
import { readOutputs, runCdk } from '../../cli/local/cdk.ts';
import { environmentFor } from '../../cli/local/deploy-local.ts';
import { startCloud } from '../../localstack/cloud.ts';
import { startNodeService } from '../../localstack/node-service.ts';
import type { Report } from '../../localstack/report.ts';
import type { ServiceProcess } from '../../localstack/service-process.ts';
import { NaivePipeline } from './naive-pipeline.ts';

export interface NaiveDeployment {
  readonly pipeline: NaivePipeline;
  readonly modelUrl: string;
  stop(): Promise<void>;
}

const scriptOf = (server: string): string =>
  fileURLToPath(new URL(`../../localstack/${server}/main.ts`, import.meta.url));

/**
 * The naive pipeline on a cloud, a provider and a customer system of its own. The cloud and its functions
 * yield to what is played beside them, which their retries would starve.
 * @param options.folder made for it; holds all that is written
 * @param options.cacheFolder with the installation of the embedded cloud
 * @throws CliError, LocalCloudError
 */
export async function deployNaive(options: {
  readonly folder: string;
  readonly cacheFolder: string;
  readonly report: Report;
  readonly signal?: AbortSignal;
}): Promise<NaiveDeployment> {
  const services: ServiceProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()));
  };
  try {
    return { ...(await startParts(options, services)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  {
    folder,
    cacheFolder,
    report,
    signal,
  }: {
    readonly folder: string;
    readonly cacheFolder: string;
    readonly report: Report;
    readonly signal?: AbortSignal;
  },
  services: ServiceProcess[],
): Promise<Omit<NaiveDeployment, 'stop'>> {
  const { AWS_ENDPOINT_URL: _otherCloud, ...environment } = process.env;
  const cloud = await startCloud({ cacheFolder, stateFolder: null, environment, report });
  if (cloud.service !== null) {
    services.push(cloud.service);
    setPriority(cloud.service.record.process.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  }
  const serve = async (name: string): Promise<string> => {
    const { url, service } = await startNodeService({ name, script: scriptOf(name), cacheFolder });
    services.push(service);
    return url;
  };
  const [modelUrl, crmUrl] = [await serve('model-server'), await serve('crm')];
  await mkdir(folder, { recursive: true });
  const app = `node ${JSON.stringify(join(import.meta.dirname, 'app.ts'))}`;
  const context = { codeFolder: join(folder, 'code'), modelBaseUrl: `${modelUrl}/v1`, crmUrl };
  await writeFile(
    join(folder, 'cdk.json'),
    JSON.stringify({ app, context, versionReporting: false }),
  );
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await prepareAssetStore(cloud.endpoint);
  const outputs = join(folder, 'outputs.json');
  await runCdk({
    project: folder,
    args: [
      ...['deploy', '--all', '--require-approval', 'never', '--method', 'direct', '--no-notices'],
      ...['--outputs-file', outputs, '--output', join(folder, 'cdk.out')],
    ],
    environment: environmentFor(environment, cloud.endpoint),
    logFile: join(folder, 'cdk.log'),
    report,
    signal,
  });
  const { FirstQueueUrl = '', AnswersTableName = '' } = await readOutputs(outputs);
  const { endpoint } = cloud;
  return { pipeline: new NaivePipeline(endpoint, FirstQueueUrl, AnswersTableName), modelUrl };
}
