import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Lead } from '../../functions/lead-qualification/contracts.ts';
import { LOCAL_REGION } from '../../localstack/cloud.ts';
import type { Asked, Ended, Pipeline } from '../overload/clients.ts';

/** Answers written a little before the newest one that was seen may still appear. */
const OVERLAP_MS = 5_000;

/** The client's side of the naive pipeline: a message goes in, an answer is looked up. */
export class NaivePipeline implements Pipeline {
  readonly #sqs: SQSClient;
  readonly #table: DynamoDBClient;
  readonly #queueUrl: string;
  readonly #tableName: string;
  #newestMs = OVERLAP_MS;

  constructor(endpoint: string, queueUrl: string, tableName: string) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const config = { endpoint, region: LOCAL_REGION, credentials };
    this.#sqs = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
    this.#table = new DynamoDBClient(config);
    this.#queueUrl = queueUrl;
    this.#tableName = tableName;
  }

  /** Whatever comes is let in. */
  async ask(id: string, lead: Lead): Promise<Asked> {
    const atMs = performance.now();
    const MessageBody = JSON.stringify({ id, lead });
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody }));
    return { acceptedAtMs: atMs, sends: [{ atMs, isAccepted: true }] };
  }

  async ended(): Promise<readonly Ended[]> {
    const since = new Date(this.#newestMs - OVERLAP_MS).toISOString();
    const { Items = [] } = await this.#table.send(
      new QueryCommand({
        TableName: this.#tableName,
        KeyConditionExpression: 'pk = :answers AND sk >= :since',
        ExpressionAttributeValues: { ':answers': { S: 'answers' }, ':since': { S: since } },
      }),
    );
    const newest = Items.at(-1)?.sk?.S?.split('#')[0];
    if (newest !== undefined) this.#newestMs = Date.parse(newest);
    return Items.flatMap(({ id }) =>
      id?.S === undefined ? [] : { id: id.S, end: 'answered' as const },
    );
  }

  close(): void {
    this.#sqs.destroy();
    this.#table.destroy();
  }
}
