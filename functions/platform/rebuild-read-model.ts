/** Makes the read model anew: archive → fresh table, compared with the live one. */
import type { SQSHandler } from 'aws-lambda';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbReadModelReader } from '#runtime/adapters/dynamodb/read-model-reader.ts';
import { DynamoDbReadModelTables } from '#runtime/adapters/dynamodb/read-model-tables.ts';
import { RebuildEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { composeConsumer } from '#runtime/lambda/compose-consumer.ts';
import { composeReplays } from '#runtime/lambda/compose-replays.ts';
import { takeRebuildOrders } from '#runtime/lambda/rebuild-read-model.ts';

const env = readEnvironment(RebuildEnvironmentSchema, process.env);
const consumer = composeConsumer(PLATFORM_NAMES.rebuildReadModel, env);
const { system } = consumer;
const client = dynamoDbClient();

const ports = {
  ...composeReplays(consumer, env),
  live: new DynamoDbReadModelReader({ client, tableName: env.READ_MODEL_TABLE_NAME, system }),
  tables: new DynamoDbReadModelTables({ client, prefix: env.TABLE_NAME_PREFIX, system }),
};

export const handler: SQSHandler = (event) => takeRebuildOrders(ports, event);
