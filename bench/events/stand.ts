/**
 * The deployment that is measured: its stream, its mappings, its checkpoints.
 *
 * Job: a local deployment of this project on a cloud of its own, and what the bench turns on it.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { DynamoDbCheckpoints } from '#runtime/adapters/dynamodb/checkpoints.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import { SignalboxClient } from '#runtime/client/client.ts';
import { CONSUMERS, type ConsumerName } from '#runtime/contracts/consumers.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { PLATFORM_NAMES, resourceName } from '#runtime/contracts/names.ts';
import { streamRecord } from '#runtime/core/stream-record.ts';
import { cacheFolderOf } from '../../cli/local/local-state.ts';
import { type RunningLocal, startLocal } from '../../cli/local/start-local.ts';
import { LOCAL_REGION } from '../../localstack/cloud.ts';
import type { Report } from '../../localstack/report.ts';
import type { Moment, Put } from './figures.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
/** Most that PutRecords takes. */
const CALL_MAX_ENTRIES = 500;
const AGAIN_MS = 100;

/** @throws CliError, LocalCloudError */
export async function startStand(options: {
  readonly report: Report;
  readonly signal: AbortSignal;
}): Promise<Stand> {
  await mkdir(cacheFolderOf(PROJECT), { recursive: true });
  const workFolder = await mkdtemp(join(cacheFolderOf(PROJECT), 'events-'));
  // A cloud that somebody else has started is theirs.
  const { AWS_ENDPOINT_URL: _otherCloud, ...environment } = process.env;
  try {
    const local = await startLocal({
      ...{ project: PROJECT, stateFolder: null, workFolder, environment },
      ...options,
    });
    return new Stand(local, workFolder);
  } catch (error) {
    await rm(workFolder, { recursive: true, force: true });
    throw error;
  }
}

export class Stand {
  readonly client: SignalboxClient;
  readonly #local: RunningLocal;
  readonly #workFolder: string;
  readonly #kinesis: KinesisClient;
  readonly #lambda: LambdaClient;
  readonly #checkpoints: DynamoDbCheckpoints;

  constructor(local: RunningLocal, workFolder: string) {
    const { endpoint, apiUrl } = local;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const config = { endpoint, region: LOCAL_REGION, credentials };
    this.#local = local;
    this.#workFolder = workFolder;
    this.client = new SignalboxClient({ baseUrl: apiUrl });
    // Not HTTP/2, which the Kinesis client would take: not every local cloud speaks it.
    this.#kinesis = new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() });
    this.#lambda = new LambdaClient(config);
    this.#checkpoints = new DynamoDbCheckpoints({
      client: new DynamoDBClient(config),
      tableName: resourceName('local', PLATFORM_NAMES.ledger),
      system: nodeSystem,
    });
  }

  /** Whether functions are given what lies in their queues and in the stream. */
  async feed(functions: readonly string[], isFed: boolean): Promise<void> {
    for (const name of functions) {
      const { EventSourceMappings: mappings = [] } = await this.#lambda.send(
        new ListEventSourceMappingsCommand({ FunctionName: resourceName('local', name) }),
      );
      for (const { UUID } of mappings) {
        await this.#lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: isFed }));
      }
    }
  }

  /** @returns where each went, in their order */
  async put(events: readonly SignalboxEvent[]): Promise<readonly Put[]> {
    const puts: Put[] = [];
    for (let i = 0; i < events.length; i += CALL_MAX_ENTRIES) {
      puts.push(...(await this.#putCall(events.slice(i, i + CALL_MAX_ENTRIES))));
    }
    return puts;
  }

  /** Where a consumer is; one shard is all that stage `local` has. */
  async moment(consumer: ConsumerName): Promise<Moment> {
    const all = await this.#checkpoints.list();
    const point = all.find((one) => one.consumer === CONSUMERS[consumer]);
    if (!point) return { sequence: '0', atMs: 0, handled: 0, parked: 0 };
    const { sequence, atMs, handled, parked } = point;
    return { sequence, atMs, handled, parked };
  }

  async stop(): Promise<void> {
    await this.#local.stop();
    await rm(this.#workFolder, { recursive: true, force: true });
  }

  async #putCall(events: readonly SignalboxEvent[]): Promise<readonly Put[]> {
    const atMs = Date.now();
    const { Records: answers = [] } = await this.#kinesis.send(
      new PutRecordsCommand({
        StreamName: resourceName('local', PLATFORM_NAMES.events),
        Records: events.map((event) => ({
          Data: Buffer.from(streamRecord(event)),
          PartitionKey: event.run,
        })),
      }),
    );
    const refused = events.filter((_, i) => answers[i]?.SequenceNumber === undefined);
    const puts = answers.flatMap(({ SequenceNumber: sequence }) =>
      sequence === undefined ? [] : [{ sequence, atMs }],
    );
    if (refused.length === 0) return puts;
    await sleep(AGAIN_MS);
    return [...puts, ...(await this.#putCall(refused))];
  }
}
