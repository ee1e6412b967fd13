/** How many calls to AWS a step costs when workers have full batches. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { SignalboxClient } from '#runtime/client/client.ts';
import { resourceName } from '#runtime/contracts/names.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import { cacheFolderOf } from '../../../cli/local/local-state.ts';
import { startOwnProject } from '../../../cli/local/own-project.ts';
import type { RunningLocal } from '../../../cli/local/start-local.ts';
import { LOCAL_REGION } from '../../../localstack/cloud.ts';
import type { Report } from '../../../localstack/report.ts';
import { Provider } from '../provider.ts';
import { PROVIDER } from '../scenarios.ts';
import { CountingProxy } from './counting-proxy.ts';
import { askOnce, doNothing, nothing, question } from './functions/contracts.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
/** Batches of ten; the first round starts workers and reads what is read once. */
const [WARM_UP_STEPS, STEPS] = [100, 100];
const LOOK_EVERY_MS = 500;
const LIMIT_MS = 90_000;

interface StepCost {
  /** Calls by operation, per step. */
  readonly byOperation: Readonly<Record<string, number>>;
  readonly perStep: number;
}

export interface Cost {
  readonly noop: StepCost;
  readonly model: StepCost;
}

/**
 * Deploys two workflows of one step each, lets messages gather while the agents' queues are not read,
 * then lets workers take them in batches of ten. What the queue's own reader receives and deletes is
 * not counted.
 * @throws CliError, LocalCloudError
 */
export async function measureCost(options: {
  readonly report: Report;
  readonly signal: AbortSignal;
}): Promise<Cost> {
  const proxy = new CountingProxy();
  const proxyUrl = await proxy.open();
  await mkdir(cacheFolderOf(PROJECT), { recursive: true });
  const project = await mkdtemp(join(cacheFolderOf(PROJECT), 'cost-'));
  let local: RunningLocal | null = null;
  try {
    local = await startOwnProject({
      folder: project,
      app: join(import.meta.dirname, 'app.ts'),
      context: { proxyUrl },
      agents: { folder: join(import.meta.dirname, 'functions'), name: 'cost' },
      environment: process.env,
      ...options,
    });
    proxy.pointTo(local.endpoint);
    await new Provider(local.modelUrl).change(PROVIDER);
    const steps = new Steps(local, proxy);
    return {
      noop: await steps.cost(nothing.name, doNothing.name),
      model: await steps.cost(question.name, askOnce.name),
    };
  } finally {
    await local?.stop();
    proxy.close();
    await rm(project, { recursive: true, force: true });
  }
}

class Steps {
  readonly #client: SignalboxClient;
  readonly #lambda: LambdaClient;
  readonly #proxy: CountingProxy;

  constructor({ apiUrl, endpoint }: RunningLocal, proxy: CountingProxy) {
    this.#client = new SignalboxClient({ baseUrl: apiUrl });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    this.#lambda = new LambdaClient({ endpoint, region: LOCAL_REGION, credentials });
    this.#proxy = proxy;
  }

  async cost(workflow: string, agent: string): Promise<StepCost> {
    await this.#through(workflow, agent, WARM_UP_STEPS);
    this.#proxy.take();
    await this.#through(workflow, agent, STEPS);
    const counts = Object.entries(this.#proxy.take());
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    const byOperation = counts.map(([operation, count]) => [operation, count / STEPS] as const);
    return { perStep: total / STEPS, byOperation: Object.fromEntries(byOperation) };
  }

  /** Starts runs while nobody reads the agent's queue, then lets it be read until all have ended. */
  async #through(workflow: string, agent: string, count: number): Promise<void> {
    const from = new Date();
    await this.#setReading(agent, false);
    for (let number = 0; number < count; number += 1) {
      await this.#client.startRun({ workflow, input: { number } });
    }
    await this.#setReading(agent, true);
    const untilMs = performance.now() + LIMIT_MS;
    while ((await this.#ended(workflow, from)) < count) {
      if (performance.now() > untilMs) throw new Error(`runs of "${workflow}" do not end`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  async #ended(workflow: string, from: Date): Promise<number> {
    const { runs } = await this.#client.listRuns({ workflow, from, limit: 100 });
    return runs.filter(({ status }) => isTerminal(status)).length;
  }

  async #setReading(agent: string, isRead: boolean): Promise<void> {
    const FunctionName = resourceName('local', agent);
    const { EventSourceMappings: [mapping] = [] } = await this.#lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName }),
    );
    await this.#lambda.send(
      new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, Enabled: isRead }),
    );
  }
}
