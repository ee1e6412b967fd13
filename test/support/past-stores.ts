/**
 * What a deployment remembers, read past the product: its stream, its archive, its tables.
 */
import { DynamoDBClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import {
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { decodeEvent } from '#runtime/core/decode-event.ts';
import { eachAtMost } from '#runtime/lambda/each-at-most.ts';

const StreamName = 'signalbox-local-events';

/** Ids of events, and their runs. */
type Events = ReadonlyMap<string, string>;

export function pastStores(endpoint: string) {
  const config = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  // Not HTTP/2, which the Kinesis client would take: not every local cloud speaks it.
  const kinesis = new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() });
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const dynamoDb = new DynamoDBClient(config);
  return {
    /** All events that the stream holds, in every shard from its oldest record to its newest. */
    async streamed(): Promise<Events> {
      const { Shards: shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
      const each = await Promise.all(shards.map(({ ShardId }) => shardTexts(kinesis, ShardId)));
      return eventsIn(each.flat());
    },
    /** All events in the archive. */
    async archived(): Promise<Events> {
      const { Buckets: buckets = [] } = await s3.send(new ListBucketsCommand());
      const bucket = buckets.find(({ Name }) => Name?.startsWith('signalbox-local-archive'))?.Name;
      return eventsIn(await bucketLines(s3, bucket));
    },
    /** Every item of a table by its key, as one text each. */
    items: (table: string) => tableItems(dynamoDb, `signalbox-local-${table}`),
  };
}

async function shardTexts(
  kinesis: KinesisClient,
  ShardId: string | undefined,
): Promise<readonly string[]> {
  const { ShardIterator } = await kinesis.send(
    new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  const texts: string[] = [];
  for (let iterator = ShardIterator; iterator !== undefined; ) {
    const page = await kinesis.send(new GetRecordsCommand({ ShardIterator: iterator }));
    const { Records: records = [], NextShardIterator: next, MillisBehindLatest: behind } = page;
    texts.push(...records.map(({ Data: data = new Uint8Array() }) => Buffer.from(data).toString()));
    iterator = records.length === 0 && (behind ?? 0) === 0 ? undefined : next;
  }
  return texts;
}

async function bucketLines(s3: S3Client, Bucket: string | undefined): Promise<readonly string[]> {
  const keys: string[] = [];
  let next: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: next }));
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    next = page.NextContinuationToken;
  } while (next !== undefined);
  const lines: string[] = [];
  await eachAtMost(8, keys, async (Key) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    lines.push(...((await Body?.transformToString()) ?? '').trimEnd().split('\n'));
  });
  return lines;
}

/** What is no event, as other tests put it there, has no id of its own. */
const eventsIn = (texts: readonly string[]): Events =>
  new Map<string, string>(
    texts.flatMap((text) => {
      const read = decodeEvent(text);
      return read.kind === 'event' ? [[read.event.id, read.event.run] as const] : [];
    }),
  );

async function tableItems(
  dynamoDb: DynamoDBClient,
  TableName: string,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  const items = new Map<string, Readonly<Record<string, unknown>>>();
  let ExclusiveStartKey: ScanCommandInput['ExclusiveStartKey'];
  do {
    const page = await dynamoDb.send(
      new ScanCommand({ TableName, ConsistentRead: true, ExclusiveStartKey }),
    );
    for (const item of page.Items ?? []) {
      const plain = unmarshall(item);
      items.set(`${plain.pk} ${plain.sk}`, plain);
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return items;
}
