import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningCloud, startCloud } from '../../localstack/cloud.ts';
import { startNodeService } from '../../localstack/node-service.ts';
import type { Report } from '../../localstack/report.ts';
import type { ServiceProcess } from '../../localstack/service-process.ts';
import { deployLocal } from './deploy-local.ts';
import { interrupted } from './local-errors.ts';
import { cacheFolderOf } from './local-state.ts';

const scriptOf = (server: string): string =>
  fileURLToPath(new URL(`../../localstack/${server}/main.ts`, import.meta.url));

export interface LocalOptions {
  /** Absolute path of the folder with `cdk.json`. */
  readonly project: string;
  /** As for `startCloud`. */
  readonly stateFolder: string | null;
  /** Absolute path for what the CDK writes; two at once need two. */
  readonly workFolder: string;
  /** A receiver of OTLP over HTTP, for the stage's traces. @default - there is none */
  readonly otlpEndpoint?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
  readonly signal?: AbortSignal | undefined;
}

/** A whole deployment with what it talks to. */
export interface RunningLocal {
  readonly endpoint: string;
  readonly cloud: RunningCloud['kind'];
  readonly apiUrl: string;
  readonly modelUrl: string;
  readonly helpdeskUrl: string;
  readonly crmUrl: string;
  readonly calendarUrl: string;
  /** In the order they were started. */
  readonly services: readonly ServiceProcess[];
  stop(): Promise<void>;
}

/**
 * Starts the cloud, the model server, the helpdesk, the customer system and the calendar, and deploys
 * stage `local` to them. Stops what it had started when it fails.
 * @throws CliError, LocalCloudError
 */
export async function startLocal(options: LocalOptions): Promise<RunningLocal> {
  const services: ServiceProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop()));
  };
  try {
    return await startParts(options, services, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  options: LocalOptions,
  services: ServiceProcess[],
  stop: () => Promise<void>,
): Promise<RunningLocal> {
  const { project, workFolder, stateFolder, environment, report, signal } = options;
  const cacheFolder = cacheFolderOf(project);
  const cloud = await startCloud({ cacheFolder, stateFolder, environment, report });
  if (cloud.service !== null) services.push(cloud.service);
  report('Starting the model server, the helpdesk, the customer system and the calendar');
  const serve = async (name: string): Promise<string> => {
    const { url, service } = await startNodeService({ name, script: scriptOf(name), cacheFolder });
    services.push(service);
    return url;
  };
  const modelUrl = await serve('model-server');
  const helpdeskUrl = await serve('helpdesk');
  const crmUrl = await serve('crm');
  const calendarUrl = await serve('calendar');
  if (signal?.aborted) throw interrupted();
  await mkdir(workFolder, { recursive: true });
  const logFile = join(cacheFolder, 'logs', 'cdk.log');
  const outside = { modelUrl, helpdeskUrl, crmUrl, calendarUrl };
  const apiUrl = await deployLocal({ ...options, logFile, cloud, ...outside });
  const { endpoint, kind } = cloud;
  return { endpoint, cloud: kind, apiUrl, ...outside, services, stop };
}
