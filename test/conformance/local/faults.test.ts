/** Fault injection as SDK clients meet it, on a cloud of its own: rules hold for all of its callers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { CreateStreamCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { shareInstallation } from '../../../cli/local/shared-installation.ts';
import { type RunningCloud, startCloud } from '../../../localstack/cloud.ts';
import { FaultRefusedError, FaultsUnavailableError } from '../../../localstack/errors.ts';
import { FaultInjection, type FaultRule } from '../../../localstack/faults.ts';

const hasNoCloud = inject('endpoint') === null;

let folder = '';
let cloud: RunningCloud;
let faults: FaultInjection;
let aws: ReturnType<typeof clients>;

const clients = (endpoint: string) => {
  const config = (maxAttempts: number) => ({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
    requestHandler: new NodeHttpHandler(),
  });
  return {
    dynamoDb: new DynamoDBClient(config(3)),
    kinesis: new KinesisClient(config(3)),
    s3: new S3Client({ ...config(1), forcePathStyle: true }),
    lambda: new LambdaClient(config(1)),
    sfn: new SFNClient(config(1)),
    sqs: new SQSClient({ ...config(1), useQueueUrlAsEndpoint: false }),
    impatient: new DynamoDBClient(config(1)),
  };
};

beforeAll(async () => {
  if (hasNoCloud) return;
  folder = await mkdtemp(join(tmpdir(), 'signalbox-faults-'));
  await shareInstallation(folder, process.env);
  cloud = await startCloud({
    cacheFolder: folder,
    stateFolder: null,
    report: () => undefined,
    environment: { ...process.env, AWS_ENDPOINT_URL: undefined },
  });
  faults = new FaultInjection(cloud.endpoint);
  aws = clients(cloud.endpoint);
  await Promise.all([createTable('letters'), createTable('parcels')]);
});
afterEach(async () => {
  if (!hasNoCloud) await faults.clear();
});
afterAll(async () => {
  if (hasNoCloud) return;
  for (const client of Object.values(aws)) client.destroy();
  await cloud.stop();
  await rm(folder, { recursive: true, force: true });
});

const createTable = (name: string) =>
  aws.dynamoDb.send(
    new CreateTableCommand({
      TableName: name,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );

const put = (pk: string, table = 'letters') =>
  new PutItemCommand({ TableName: table, Item: { pk: { S: pk } } });

const putOnce = (pk: string) =>
  new PutItemCommand({
    TableName: 'letters',
    Item: { pk: { S: pk } },
    ConditionExpression: 'attribute_not_exists(pk)',
  });

const stored = async (pk: string) =>
  (await aws.dynamoDb.send(new GetItemCommand({ TableName: 'letters', Key: { pk: { S: pk } } })))
    .Item;

describe.skipIf(hasNoCloud)('a fault', () => {
  test('throttles as the service does: the SDK tries again and succeeds', async () => {
    await faults.inject({ service: 'dynamodb', fault: { kind: 'throttle' }, count: 2 });
    const { $metadata } = await aws.dynamoDb.send(put('throttled'));
    expect($metadata.attempts).toBe(3);
    expect(await faults.list()).toMatchObject([{ matched: 3, injected: 2 }]);
  });

  test('answers with the error that it names, and nothing is done', async () => {
    await faults.inject({
      service: 'dynamodb',
      operation: 'PutItem',
      fault: { kind: 'error', status: 400, code: 'ItemCollectionSizeLimitExceededException' },
      count: 1,
    });
    await expect(aws.dynamoDb.send(put('refused'))).rejects.toMatchObject({
      name: 'ItemCollectionSizeLimitExceededException',
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
    await expect(stored('refused')).resolves.toBeUndefined();
  });

  test('loses the answer of what was done: a conditional put is done once', async () => {
    await faults.inject({ service: 'dynamodb', fault: { kind: 'lost-response' }, count: 1 });
    await expect(aws.dynamoDb.send(putOnce('lost'))).rejects.toMatchObject({
      // The second attempt of the SDK meets what the first one did.
      name: 'ConditionalCheckFailedException',
      $metadata: { attempts: 2 },
    });
    await expect(stored('lost')).resolves.toBeDefined();
  });

  test('ends the connection without a byte, or answers with an internal error', async () => {
    await faults.inject({ service: 'dynamodb', fault: { kind: 'lost-response' }, count: 1 });
    await expect(aws.impatient.send(put('hung-up'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await faults.inject({
      service: 'dynamodb',
      operation: 'PutItem',
      fault: { kind: 'lost-response', answer: 'error' },
    });
    await expect(aws.impatient.send(put('answered'))).rejects.toMatchObject({
      name: 'InternalServerError',
      $metadata: { httpStatusCode: 500 },
    });
    await expect(Promise.all([stored('hung-up'), stored('answered')])).resolves.not.toContain(
      undefined,
    );
  });

  test('delays a call, and adds up with other delays', async () => {
    for (const minMs of [120, 90]) {
      await faults.inject({ service: 'dynamodb', fault: { kind: 'latency', minMs } });
    }
    const began = performance.now();
    await aws.dynamoDb.send(put('late'));
    expect(performance.now() - began).toBeGreaterThanOrEqual(210);
  });
});

describe.skipIf(hasNoCloud)('a rule', () => {
  test('harms only the operation and the resource that it names', async () => {
    await faults.inject({
      service: 'dynamodb',
      operation: 'PutItem',
      resource: 'par*',
      fault: { kind: 'error' },
    });
    await aws.impatient.send(put('elsewhere'));
    await stored('elsewhere');
    await expect(aws.impatient.send(put('here', 'parcels'))).rejects.toThrow('internal error');
    expect(await faults.list()).toMatchObject([{ matched: 1, injected: 1 }]);
  });

  test('finds the tables that a transaction or a batch names', async () => {
    await faults.inject({ service: 'dynamodb', resource: 'parcels', fault: { kind: 'error' } });
    const item = { pk: { S: 'many' } };
    await expect(
      aws.impatient.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName: 'letters', Item: item } },
            { Put: { TableName: 'parcels', Item: item } },
          ],
        }),
      ),
    ).rejects.toThrow('internal error');
    await expect(
      aws.impatient.send(new BatchGetItemCommand({ RequestItems: { parcels: { Keys: [item] } } })),
    ).rejects.toThrow('internal error');
    await expect(stored('many')).resolves.toBeUndefined();
  });

  test('F1: harms the same calls again with the same seed', async () => {
    const rule: FaultRule = { service: 'dynamodb', fault: { kind: 'error' }, rate: 0.5, seed: 7 };
    const outcomes = async () => {
      const { id } = await faults.inject(rule);
      const seen: boolean[] = [];
      for (let i = 0; i < 20; i += 1) {
        seen.push(
          await aws.impatient.send(put(`seeded-${i}`)).then(
            () => true,
            () => false,
          ),
        );
      }
      await faults.clear(id);
      return seen;
    };
    const first = await outcomes();
    expect(first).toContain(true);
    expect(first).toContain(false);
    await expect(outcomes()).resolves.toEqual(first);
  });

  test('is gone when it is cleared', async () => {
    await faults.inject({ service: 'dynamodb', fault: { kind: 'error' } });
    const { id } = await faults.inject({ service: 'sqs', fault: { kind: 'throttle' } });
    await expect(faults.clear(id)).resolves.toEqual([id]);
    await faults.clear();
    await expect(faults.list()).resolves.toEqual([]);
    await aws.impatient.send(put('cleared'));
  });
});

describe.skipIf(hasNoCloud)('services throttle', () => {
  test.each([
    ['sqs', 'RequestThrottled', () => aws.sqs.send(new CreateQueueCommand({ QueueName: 'q' }))],
    ['states', 'ThrottlingException', () => aws.sfn.send(new ListStateMachinesCommand())],
    ['s3', 'SlowDown', () => aws.s3.send(new CreateBucketCommand({ Bucket: 'throttled-bucket' }))],
  ] as const)('%s with %s', async (service, name, call) => {
    await faults.inject({ service, fault: { kind: 'throttle' } });
    await expect(call()).rejects.toMatchObject({ name });
  });

  test('lambda with 429, for an invocation of the function', async () => {
    await faults.inject({
      service: 'lambda',
      operation: 'Invoke',
      resource: 'agent',
      fault: { kind: 'throttle' },
    });
    await expect(
      aws.lambda.send(new InvokeCommand({ FunctionName: 'agent' })),
    ).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      $metadata: { httpStatusCode: 429 },
    });
    await expect(
      aws.lambda.send(new InvokeCommand({ FunctionName: 'other' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('the query protocol with XML', async () => {
    await faults.inject({ service: 'sqs', operation: 'ListQueues', fault: { kind: 'throttle' } });
    const answer = await fetch(cloud.endpoint, {
      method: 'POST',
      body: new URLSearchParams({ Action: 'ListQueues' }),
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request',
      },
    });
    expect(answer.status).toBe(400);
    await expect(answer.text()).resolves.toContain('<Code>RequestThrottled</Code>');
  });

  test('kinesis by refusing the records of a PutRecords that succeeds', async () => {
    await aws.kinesis.send(new CreateStreamCommand({ StreamName: 'events', ShardCount: 1 }));
    await faults.inject({ service: 'kinesis', resource: 'events', fault: { kind: 'throttle' } });
    const record = { PartitionKey: 'p', Data: Buffer.from('x') };
    const { FailedRecordCount: failed, Records: records } = await aws.kinesis.send(
      new PutRecordsCommand({ StreamName: 'events', Records: [record, record] }),
    );
    expect(failed).toBe(2);
    expect(records).toMatchObject([
      { ErrorCode: 'ProvisionedThroughputExceededException' },
      { ErrorCode: 'ProvisionedThroughputExceededException' },
    ]);
  });

  test('an API with 429', async () => {
    await faults.inject({
      service: 'execute-api',
      operation: 'GET',
      resource: '/runs',
      fault: { kind: 'throttle' },
    });
    const { status } = await fetch(`${cloud.endpoint}/_aws/execute-api/a1/v1/runs`);
    expect(status).toBe(429);
  });
});

describe.skipIf(hasNoCloud)('a lost response', () => {
  test('of SendMessage leaves the message in the queue', async () => {
    const { QueueUrl } = await aws.sqs.send(new CreateQueueCommand({ QueueName: 'lost' }));
    await faults.inject({ service: 'sqs', resource: 'lost', fault: { kind: 'lost-response' } });
    await expect(
      aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'letter' })),
    ).rejects.toMatchObject({ code: 'ECONNRESET' });
    await faults.clear();
    const { Messages } = await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages).toMatchObject([{ Body: 'letter' }]);
  });

  test('of PutObject leaves the object in the bucket', async () => {
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'lost-answers' }));
    await faults.inject({
      service: 's3',
      operation: 'PutObject',
      resource: 'lost-answers',
      fault: { kind: 'lost-response' },
    });
    const object = { Bucket: 'lost-answers', Key: 'a/b' };
    await expect(
      aws.s3.send(new PutObjectCommand({ ...object, Body: 'claim' })),
    ).rejects.toMatchObject({ code: 'ECONNRESET' });
    const { Body } = await aws.s3.send(new GetObjectCommand(object));
    await expect(Body?.transformToString()).resolves.toBe('claim');
  });
});

describe.skipIf(hasNoCloud)('a rule that cannot be', () => {
  const refused = (rule: unknown) =>
    fetch(`${cloud.endpoint}/_signalbox/faults`, {
      method: 'POST',
      body: JSON.stringify(rule),
    }).then(async (answer) => ({ status: answer.status, body: await answer.json() }));

  test.each([
    [{ service: 'sns' }, 'service is "sns"; allowed: one of dynamodb, events,'],
    [{ service: 'sqs' }, 'fault.kind is missing; allowed: one of error, throttle, latency,'],
    [{ service: 'sqs', fault: { kind: 'latency', minMs: 9, maxMs: 1 } }, 'maxMs is 1; allowed: at'],
    [{ service: 'sqs', fault: { kind: 'throttle' }, rate: 2 }, 'rate is 2; allowed: above 0 and'],
    [{ service: 'sqs', fault: { kind: 'throttle' }, when: 1 }, 'a rule has no when; it may have'],
    [{ service: 'sqs', fault: { kind: 'error', status: 200 } }, 'status is 200; allowed: from 400'],
    [[], 'a rule is a JSON object with service, operation'],
  ])('is refused with what is allowed: %j', async (rule, message) => {
    await expect(refused(rule)).resolves.toEqual({
      status: 400,
      body: { error: { message: expect.stringContaining(message) } },
    });
  });

  test('is refused by the typed client too', async () => {
    await expect(
      faults.inject({ service: 'sqs', fault: { kind: 'throttle' }, count: 0 }),
    ).rejects.toThrow(FaultRefusedError);
    await expect(faults.clear('none')).rejects.toThrow('there is no rule "none"');
  });

  test('says so where no embedded cloud answers', async () => {
    const nowhere = new FaultInjection('http://127.0.0.1:9');
    await expect(nowhere.list()).rejects.toThrow(FaultsUnavailableError);
  });
});
