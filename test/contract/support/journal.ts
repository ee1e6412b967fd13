import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  QueryCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { Cleanup } from './cleanup.ts';
import { uniqueName } from './names.ts';

interface Entry<T> {
  /** From 1 on, in the order in which they were written. */
  readonly number: number;
  /** Milliseconds since 1970, by the clock of the function. */
  readonly atMs: number;
  readonly entry: T;
}

/** What functions under test wrote down with `import { note } from 'contract:journal'`. */
export interface Journal {
  /** Variables that a function needs to write to it. */
  readonly environment: Readonly<Record<string, string>>;
  entries<T>(): Promise<readonly Entry<T>[]>;
}

/** The table that the journals of one test file share. */
export async function createJournalTable(
  client: DynamoDBClient,
  cleanup: Cleanup,
): Promise<string> {
  const name = uniqueName('journal');
  await client.send(
    new CreateTableCommand({
      TableName: name,
      KeySchema: [
        { AttributeName: 'journal', KeyType: 'HASH' },
        { AttributeName: 'number', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'journal', AttributeType: 'S' },
        { AttributeName: 'number', AttributeType: 'N' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  cleanup.add(`table ${name}`, () => client.send(new DeleteTableCommand({ TableName: name })));
  await waitUntilTableExists(
    { client, minDelay: 0.05, maxDelay: 2, maxWaitTime: 120 },
    { TableName: name },
  );
  return name;
}

export const openJournal = (client: DynamoDBClient, table: string): Journal => {
  const id = uniqueName('notes');
  return {
    environment: { JOURNAL_TABLE: table, JOURNAL_ID: id },
    entries: async <T>() => {
      const { Items: items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'journal = :id AND #number > :counter',
          ExpressionAttributeNames: { '#number': 'number' },
          ExpressionAttributeValues: { ':id': { S: id }, ':counter': { N: '0' } },
          ConsistentRead: true,
        }),
      );
      return items.map(
        (item): Entry<T> => ({
          number: Number(item.number?.N),
          atMs: Number(item.at?.N),
          entry: JSON.parse(item.entry?.S ?? 'null'),
        }),
      );
    },
  };
};
