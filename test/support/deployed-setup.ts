/**
 * One whole deployment of stage `local` for a test project: `inject('deployed')`.
 *
 * Job: cloud, model server, helpdesk, customer system, calendar and a real `cdk deploy`, all of its own, so it runs beside a
 * user's `up`. Without Python it is `null`, and the reason is printed.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import type { TestProject } from 'vitest/node';
import { cacheFolderOf } from '../../cli/local/local-state.ts';
import { type RunningLocal, startLocal } from '../../cli/local/start-local.ts';
import { isWithoutPython } from './cloud-setup.ts';

/** Where the parts of a deployment answer; URLs without a trailing slash. */
export interface TestDeployment {
  readonly endpoint: string;
  readonly apiUrl: string;
  readonly modelUrl: string;
  readonly helpdeskUrl: string;
  readonly crmUrl: string;
  readonly calendarUrl: string;
  /** Process of the embedded cloud, whose children are the workers; `null` for an external cloud. */
  readonly cloudPid: number | null;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** `null` when this machine cannot run the local cloud. */
    deployed: TestDeployment | null;
  }
}

const PROJECT = resolve(import.meta.dirname, '../..');

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cacheFolder = cacheFolderOf(PROJECT);
  await mkdir(cacheFolder, { recursive: true });
  const workFolder = await mkdtemp(join(cacheFolder, 'test-'));
  const removeWork = (): Promise<void> => rm(workFolder, { recursive: true, force: true });
  try {
    const local = await localOrNull(workFolder);
    if (local !== null) await startWorkers(local.endpoint);
    project.provide('deployed', local === null ? null : addressesOf(local));
    return async () => {
      await local?.stop();
      await removeWork();
    };
  } catch (error) {
    await removeWork();
    throw error;
  }
}

async function localOrNull(workFolder: string): Promise<RunningLocal | null> {
  try {
    return await startLocal({
      project: PROJECT,
      stateFolder: null,
      workFolder,
      environment: process.env,
      report: (what) => console.error(what),
    });
  } catch (error) {
    if (!isWithoutPython(error)) throw error;
    console.error(`no local deployment, suites that need one are skipped: ${error.message}`);
    return null;
  }
}

/**
 * Invokes every function that works off a queue with an empty batch. The process of each takes a second
 * to start, and many on a machine that does other things: that is not what the first tests' deadlines are for.
 */
async function startWorkers(endpoint: string): Promise<void> {
  const lambda = new LambdaClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { EventSourceMappings: mappings = [] } = await lambda.send(
    new ListEventSourceMappingsCommand(),
  );
  const workers = mappings.flatMap(({ EventSourceArn: source, FunctionArn: name }) =>
    source?.includes(':sqs:') && name !== undefined ? name : [],
  );
  const Payload = JSON.stringify({ Records: [] });
  for (const FunctionName of new Set(workers)) {
    await lambda.send(new InvokeCommand({ FunctionName, Payload }));
  }
  lambda.destroy();
}

const addressesOf = (local: RunningLocal): TestDeployment => ({
  endpoint: local.endpoint,
  apiUrl: local.apiUrl,
  modelUrl: local.modelUrl,
  helpdeskUrl: local.helpdeskUrl,
  crmUrl: local.crmUrl,
  calendarUrl: local.calendarUrl,
  cloudPid:
    local.services.find(({ record }) => record.name === 'cloud')?.record.process.pid ?? null,
});
