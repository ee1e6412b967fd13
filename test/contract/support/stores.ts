/** Queues, streams, tables and buckets of a test, removed when it ends. */
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  PutRecordCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Cleanup } from './cleanup.ts';
import type { Clients } from './clients.ts';
import { uniqueName } from './names.ts';

const READY = { minDelay: 0.05, maxDelay: 2, maxWaitTime: 120 };

export interface Queue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  send(body: unknown): Promise<void>;
  /** Receives and deletes up to ten messages; waits for the first one at most this long. */
  take(waitSeconds?: number): Promise<readonly Message[]>;
}

export interface Stream {
  readonly name: string;
  readonly arn: string;
  /** @returns the record's sequence number */
  put(partitionKey: string, data: unknown): Promise<string>;
}

export interface Table {
  readonly name: string;
  readonly arn: string;
  /** Empty without a `StreamSpecification`. */
  readonly streamArn: string;
}

export interface Bucket {
  readonly name: string;
  readonly arn: string;
  keys(): Promise<readonly string[]>;
}

export const storeMakers = (clients: Clients, cleanup: Cleanup) => ({
  /** @param attributes as CreateQueue takes them; a name with `.fifo` for a FIFO queue */
  queue: (attributes: Readonly<Partial<Record<QueueAttributeName, string>>> = {}) =>
    makeQueue(clients, cleanup, attributes),
  stream: (shards = 1) => makeStream(clients, cleanup, shards),
  /** Keys `pk` and `sk`, on demand, unless said otherwise. */
  table: (options: Partial<CreateTableCommandInput> = {}) => makeTable(clients, cleanup, options),
  bucket: () => makeBucket(clients, cleanup),
});

async function makeQueue(
  { sqs }: Clients,
  cleanup: Cleanup,
  attributes: Readonly<Partial<Record<QueueAttributeName, string>>>,
): Promise<Queue> {
  const name = `${uniqueName('queue')}${attributes.FifoQueue === 'true' ? '.fifo' : ''}`;
  const { QueueUrl: url = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
  );
  cleanup.add(`queue ${name}`, () => sqs.send(new DeleteQueueCommand({ QueueUrl: url })));
  const { Attributes: known } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  return {
    name,
    url,
    arn: known?.QueueArn ?? '',
    send: async (body) => {
      await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: textOf(body) }));
    },
    take: async (waitSeconds = 1) => {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      for (const { ReceiptHandle } of messages) {
        await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
      }
      return messages;
    },
  };
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

async function makeStream({ kinesis }: Clients, cleanup: Cleanup, shards: number): Promise<Stream> {
  const name = uniqueName('stream');
  await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  cleanup.add(`stream ${name}`, () =>
    kinesis.send(new DeleteStreamCommand({ StreamName: name, EnforceConsumerDeletion: true })),
  );
  await waitUntilStreamExists({ client: kinesis, ...READY }, { StreamName: name });
  const { StreamDescriptionSummary: summary } = await kinesis.send(
    new DescribeStreamSummaryCommand({ StreamName: name }),
  );
  return {
    name,
    arn: summary?.StreamARN ?? '',
    put: async (partitionKey, data) => {
      const { SequenceNumber: sequenceNumber = '' } = await kinesis.send(
        new PutRecordCommand({
          StreamName: name,
          PartitionKey: partitionKey,
          Data: Buffer.from(textOf(data)),
        }),
      );
      return sequenceNumber;
    },
  };
}

async function makeTable(
  { dynamoDb }: Clients,
  cleanup: Cleanup,
  options: Partial<CreateTableCommandInput>,
): Promise<Table> {
  const name = uniqueName('table');
  const { TableDescription: table } = await dynamoDb.send(
    new CreateTableCommand({
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      ...options,
      TableName: name,
    }),
  );
  cleanup.add(`table ${name}`, () => dynamoDb.send(new DeleteTableCommand({ TableName: name })));
  await waitUntilTableExists({ client: dynamoDb, ...READY }, { TableName: name });
  return { name, arn: table?.TableArn ?? '', streamArn: table?.LatestStreamArn ?? '' };
}

async function makeBucket({ s3 }: Clients, cleanup: Cleanup): Promise<Bucket> {
  const name = uniqueName('bucket');
  const region = await s3.config.region();
  await s3.send(
    new CreateBucketCommand({
      Bucket: name,
      // The one region that may not be named.
      ...(region !== 'us-east-1' && {
        CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' },
      }),
    }),
  );
  const keys = async (): Promise<string[]> => {
    const { Contents: objects = [] } = await s3.send(new ListObjectsV2Command({ Bucket: name }));
    return objects.flatMap(({ Key: key }) => key ?? []);
  };
  cleanup.add(`bucket ${name}`, async () => {
    for (const Key of await keys()) {
      await s3.send(new DeleteObjectCommand({ Bucket: name, Key }));
    }
    await s3.send(new DeleteBucketCommand({ Bucket: name }));
  });
  return { name, arn: `arn:aws:s3:::${name}`, keys };
}
