import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { KinesisStreamTail } from '#runtime/adapters/kinesis/stream-tail.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { TailSubject } from '../stream-tail.suite.ts';
import { clientOptions, uniqueName } from './cloud.ts';

const AT_ONCE = 500;

/** A stream of its own, the port over it, and its writing side. */
export function cloudStreamTail(endpoint: string) {
  const client = new KinesisClient(clientOptions(endpoint));
  const streamName = uniqueName('tail');
  const put = async (count: number): Promise<{ shard: string; sequences: string[] }> => {
    const { Records: answers = [] } = await client.send(
      new PutRecordsCommand({
        StreamName: streamName,
        Records: Array.from({ length: count }, () => ({
          Data: Buffer.from('{}'),
          PartitionKey: 'one',
        })),
      }),
    );
    return {
      shard: answers[0]?.ShardId ?? '',
      sequences: answers.map(({ SequenceNumber: sequence = '' }) => sequence),
    };
  };
  return {
    setup: async (): Promise<TailSubject> => {
      await client.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: 2 }));
      for (;;) {
        const { StreamDescriptionSummary: summary } = await client.send(
          new DescribeStreamSummaryCommand({ StreamName: streamName }),
        );
        if (summary?.StreamStatus === 'ACTIVE') break;
        await nodeSystem.sleep(50);
      }
      return {
        tail: new KinesisStreamTail({ client, streamName, system: nodeSystem }),
        fill: async (count) => {
          const parts = [];
          for (let left = count; left > 0; left -= AT_ONCE) {
            parts.push(await put(Math.min(left, AT_ONCE)));
          }
          const [{ shard } = { shard: '' }] = parts;
          return { shard, sequences: parts.flatMap(({ sequences }) => sequences) };
        },
      };
    },
    teardown: async () => {
      await client.send(new DeleteStreamCommand({ StreamName: streamName }));
      client.destroy();
    },
  };
}
