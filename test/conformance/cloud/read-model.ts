import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDbReadModelTables } from '#runtime/adapters/dynamodb/read-model-tables.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { ReadModelTables } from '#runtime/ports.ts';
import type { ReadModelSubject } from '../samples.ts';
import { clientOptions, uniqueName } from './cloud.ts';

/** A read model table of its own, and both ports over it. */
export const cloudReadModel = (endpoint: string) => {
  const { setup, teardown } = cloudReadModelTables(endpoint);
  return {
    setup: async (): Promise<ReadModelSubject> => {
      const { tables, newName } = await setup();
      return { ...(await tables.open(newName())), propertyRuns: 8 };
    },
    teardown,
  };
};

/** Read model tables, deleted in the end. */
export function cloudReadModelTables(endpoint: string) {
  const client = new DynamoDBClient(clientOptions(endpoint));
  const tables: ReadModelTables = new DynamoDbReadModelTables({
    client,
    prefix: '',
    system: nodeSystem,
  });
  const names: string[] = [];
  const newName = (): string => {
    const name = uniqueName('read-model');
    names.push(name);
    return name;
  };
  return {
    setup: async () => ({ tables, newName }),
    teardown: async () => {
      for (const name of names) await client.send(new DeleteTableCommand({ TableName: name }));
      client.destroy();
    },
  };
}
