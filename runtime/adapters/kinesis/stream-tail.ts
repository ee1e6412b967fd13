/**
 * What a Kinesis stream holds behind a place.
 *
 * Invariant T1. A question takes little of what a shard lets its readers have (five reads and 2 MB a
 * second): a few hundred records, and their contents are thrown away.
 */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  InvalidArgumentException,
  type KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import type { Backoff } from '#runtime/core/backoff.ts';
import type { StreamTail, System } from '#runtime/ports.ts';
import { retryBusy } from '../resend.ts';

const RECORDS = 500;
/** A read may end early without having found anything: the shard is read on so often. */
const READS = 4;
const BACKOFF: Backoff = { attempts: 6, baseMs: 250, capMs: 1000 };

export class KinesisStreamTail implements StreamTail {
  readonly #client: KinesisClient;
  readonly #streamName: string;
  readonly #resend: { readonly system: System; readonly backoff: Backoff; readonly what: string };

  constructor(options: {
    readonly client: KinesisClient;
    readonly streamName: string;
    readonly system: System;
  }) {
    const { client, streamName, system } = options;
    this.#client = client;
    this.#streamName = streamName;
    this.#resend = { system, backoff: BACKOFF, what: `the event stream "${streamName}"` };
  }

  async shards(): Promise<readonly string[]> {
    const names: string[] = [];
    let next: string | undefined;
    do {
      const page = await retryBusy(this.#resend, () =>
        this.#client.send(
          new ListShardsCommand(
            next === undefined ? { StreamName: this.#streamName } : { NextToken: next },
          ),
        ),
      );
      names.push(...(page.Shards ?? []).flatMap(({ ShardId: name }) => name ?? []));
      next = page.NextToken;
    } while (next !== undefined);
    return names.sort();
  }

  async behind(query: Parameters<StreamTail['behind']>[0]): ReturnType<StreamTail['behind']> {
    let iterator = await this.#iterator(query);
    for (let reads = 1; iterator !== undefined; reads += 1) {
      const from: string = iterator;
      const page = await retryBusy(this.#resend, () =>
        this.#client.send(new GetRecordsCommand({ ShardIterator: from, Limit: RECORDS })),
      );
      const records = (page.Records ?? []).map((record) => ({
        sequence: record.SequenceNumber ?? '',
        arrivedMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
      }));
      const more = (page.MillisBehindLatest ?? 0) > 0;
      if (records.length > 0 || !more || reads === READS) return { records, more };
      iterator = page.NextShardIterator;
    }
    return { records: [], more: false };
  }

  async #iterator({
    shard,
    after,
  }: Parameters<StreamTail['behind']>[0]): Promise<string | undefined> {
    const place = { StreamName: this.#streamName, ShardId: shard };
    const oldest = new GetShardIteratorCommand({ ...place, ShardIteratorType: 'TRIM_HORIZON' });
    if (after === null) return this.#iteratorOf(oldest);
    const behind = new GetShardIteratorCommand({
      ...place,
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
      StartingSequenceNumber: after,
    });
    try {
      return await this.#iteratorOf(behind);
    } catch (error) {
      // A place that the stream has forgotten lies before all that it still holds.
      if (error instanceof InvalidArgumentException) return this.#iteratorOf(oldest);
      throw error;
    }
  }

  async #iteratorOf(command: GetShardIteratorCommand): Promise<string | undefined> {
    const answer = await retryBusy(this.#resend, () => this.#client.send(command));
    return answer.ShardIterator;
  }
}
