/** The projector: event stream → read model, and a sample of the stages from each batch. */
import type { KinesisStreamBatchResponse, SQSBatchResponse } from 'aws-lambda';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbReadModelWriter } from '#runtime/adapters/dynamodb/read-model-writer.ts';
import { DynamoDbStageMeter } from '#runtime/adapters/dynamodb/stage-meter.ts';
import { ProjectorEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { type Batch, isOfStream } from '#runtime/lambda/batch-source.ts';
import { composeConsumer } from '#runtime/lambda/compose-consumer.ts';
import { lateReplayOrders } from '#runtime/lambda/late-replay-orders.ts';
import { projectEvents, projector } from '#runtime/lambda/project-events.ts';

const env = readEnvironment(ProjectorEnvironmentSchema, process.env);
const client = dynamoDbClient();
const consumer = composeConsumer(PLATFORM_NAMES.projectEvents, env);
const { system } = consumer;

const ports = {
  ...consumer,
  readModel: new DynamoDbReadModelWriter({ client, tableName: env.READ_MODEL_TABLE_NAME, system }),
  meter: new DynamoDbStageMeter({ client, tableName: env.LIMITS_TABLE_NAME, system }),
};

const takeReplayOrders = lateReplayOrders(consumer, projector(ports), env);

export const handler = (event: Batch): Promise<KinesisStreamBatchResponse | SQSBatchResponse> =>
  isOfStream(event) ? projectEvents(ports, event) : takeReplayOrders(event);
