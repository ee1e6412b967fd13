import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDbReadModelReader } from '#runtime/adapters/dynamodb/read-model-reader.ts';
import { DynamoDbReadModelWriter } from '#runtime/adapters/dynamodb/read-model-writer.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import { READ_MODEL_INDEXES, READ_MODEL_SORT, TABLE_KEY } from '#runtime/contracts/tables.ts';
import type { ReadModelSubject } from '../samples.ts';
import { clientOptions, uniqueName } from './cloud.ts';

const keys = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  { AttributeName: sort, KeyType: 'RANGE' as const },
];

/** A read model table of its own, and both ports over it. Its indexes hold keys only: more is not needed. */
export function cloudReadModel(endpoint: string) {
  const client = new DynamoDBClient(clientOptions(endpoint));
  const tableName = uniqueName('read-model');
  const options = { client, tableName, system: nodeSystem };
  const attributes = [
    TABLE_KEY.partition,
    TABLE_KEY.sort,
    READ_MODEL_SORT,
    ...Object.values(READ_MODEL_INDEXES),
  ];
  return {
    setup: async (): Promise<ReadModelSubject> => {
      await client.send(
        new CreateTableCommand({
          TableName: tableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: keys(TABLE_KEY.partition, TABLE_KEY.sort),
          AttributeDefinitions: attributes.map((name) => ({
            AttributeName: name,
            AttributeType: 'S',
          })),
          GlobalSecondaryIndexes: Object.entries(READ_MODEL_INDEXES).map(([name, partition]) => ({
            IndexName: name,
            KeySchema: keys(partition, READ_MODEL_SORT),
            Projection: { ProjectionType: 'KEYS_ONLY' },
          })),
        }),
      );
      return {
        writer: new DynamoDbReadModelWriter(options),
        reader: new DynamoDbReadModelReader(options),
        propertyRuns: 8,
      };
    },
    teardown: async () => {
      await client.send(new DeleteTableCommand({ TableName: tableName }));
      client.destroy();
    },
  };
}
