import { dynamoDbClient } from '../adapters/dynamodb/client.ts';
import { DynamoDbReplayLedger } from '../adapters/dynamodb/replay-ledger.ts';
import { kinesisClient } from '../adapters/kinesis/client.ts';
import { KinesisStreamTail } from '../adapters/kinesis/stream-tail.ts';
import { lateArchive } from '../adapters/s3/late-archive.ts';
import { sqsClient } from '../adapters/sqs/client.ts';
import { SqsWorkQueue } from '../adapters/sqs/work-queue.ts';
import type { ReplayableEnvironment } from '../contracts/environment.ts';
import { DEFAULT_TENANT } from '../contracts/tenant.ts';
import type { composeConsumer } from './compose-consumer.ts';

/** What a consumer needs beside its own ports to be fed the past, on AWS. */
export function composeReplays(
  consumer: ReturnType<typeof composeConsumer>,
  environment: ReplayableEnvironment,
) {
  const { system } = consumer;
  const ledger = { client: dynamoDbClient(), tableName: environment.LEDGER_TABLE_NAME, system };
  const queue = new SqsWorkQueue({
    client: sqsClient(),
    queueUrl: environment.REPLAY_QUEUE_URL,
    system,
  });
  return {
    ...consumer,
    replays: new DynamoDbReplayLedger(ledger),
    archive: lateArchive(environment.ARCHIVE_BUCKET_NAME),
    tail: new KinesisStreamTail({
      client: kinesisClient(),
      streamName: environment.EVENT_STREAM_NAME,
      system,
    }),
    sendAgain: (body: string, delaySeconds: number) =>
      queue.send({ body, delaySeconds, group: DEFAULT_TENANT }),
  };
}
