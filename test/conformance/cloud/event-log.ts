import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { KinesisEventLog } from '#runtime/adapters/kinesis/event-log.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { clientOptions, uniqueName } from './cloud.ts';

/** A stream of two shards of its own, the port over it, and a reader. */
export function cloudEventLog(endpoint: string) {
  const client = new KinesisClient(clientOptions(endpoint));
  const streamName = uniqueName('events');

  async function createStream(): Promise<void> {
    await client.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: 2 }));
    for (;;) {
      const { StreamDescriptionSummary: summary } = await client.send(
        new DescribeStreamSummaryCommand({ StreamName: streamName }),
      );
      if (summary?.StreamStatus === 'ACTIVE') return;
      await nodeSystem.sleep(50);
    }
  }

  async function readShard({ ShardId: shardId }: Shard): Promise<readonly SignalboxEvent[]> {
    const { ShardIterator: first } = await client.send(
      new GetShardIteratorCommand({
        StreamName: streamName,
        ShardId: shardId,
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const texts: string[] = [];
    let iterator = first;
    while (iterator !== undefined) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
      const records = page.Records ?? [];
      if (records.length === 0) break;
      texts.push(...records.map(({ Data: data }) => Buffer.from(data ?? []).toString()));
      iterator = page.NextShardIterator;
    }
    return texts.map((text) => JSON.parse(text));
  }

  return {
    setup: async () => {
      await createStream();
      return {
        log: new KinesisEventLog({ client, streamName, system: nodeSystem }),
        eventsOf: async (run: string) => {
          const { Shards: shards = [] } = await client.send(
            new ListShardsCommand({ StreamName: streamName }),
          );
          const events = (await Promise.all(shards.map(readShard))).flat();
          return events.filter((event) => event.run === run);
        },
      };
    },
    teardown: async () => {
      await client.send(new DeleteStreamCommand({ StreamName: streamName }));
      client.destroy();
    },
  };
}
