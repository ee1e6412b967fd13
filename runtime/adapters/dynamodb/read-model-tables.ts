import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import { READ_MODEL_INDEXES, READ_MODEL_SORT, TABLE_KEY } from '#runtime/contracts/tables.ts';
import type { ReadModelTables, System } from '#runtime/ports.ts';
import { DynamoDbReadModelReader } from './read-model-reader.ts';
import { DynamoDbReadModelWriter } from './read-model-writer.ts';

/** A new table is usable within seconds, https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html */
const LOOKS = { max: 40, everyMs: 500 } as const;

/** Tables of the read model's shape, on demand, encrypted with the key that DynamoDB owns. */
export class DynamoDbReadModelTables implements ReadModelTables {
  readonly #options: {
    readonly client: DynamoDBClient;
    readonly prefix: string;
    readonly system: System;
  };

  constructor(options: {
    readonly client: DynamoDBClient;
    /** `signalbox-<stage>-`; the short name follows. */
    readonly prefix: string;
    readonly system: System;
  }) {
    this.#options = options;
  }

  /** @throws ThrottledError while the table is not usable: ask again */
  async open(name: string): ReturnType<ReadModelTables['open']> {
    const { client, prefix, system } = this.#options;
    const tableName = `${prefix}${name}`;
    await this.#make(tableName);
    const table = { client, tableName, system };
    return {
      writer: new DynamoDbReadModelWriter(table),
      reader: new DynamoDbReadModelReader(table),
    };
  }

  async #make(tableName: string): Promise<void> {
    const { client, system } = this.#options;
    try {
      await client.send(new CreateTableCommand(shapeOf(tableName)));
    } catch (error) {
      if (!(error instanceof ResourceInUseException)) throw error;
    }
    for (let looks = 0; looks < LOOKS.max; looks += 1) {
      const { Table: table } = await client.send(
        new DescribeTableCommand({ TableName: tableName }),
      );
      if (table?.TableStatus === 'ACTIVE') return;
      await system.sleep(LOOKS.everyMs);
    }
    throw new ThrottledError(`table ${tableName} is not usable yet`);
  }
}

/** As the data stack makes the live one. */
function shapeOf(tableName: string): CreateTableCommandInput {
  const partitions = Object.values(READ_MODEL_INDEXES);
  const names = [TABLE_KEY.partition, TABLE_KEY.sort, READ_MODEL_SORT, ...partitions];
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: names.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: keysOf(TABLE_KEY.partition, TABLE_KEY.sort),
    GlobalSecondaryIndexes: Object.entries(READ_MODEL_INDEXES).map(([name, partition]) => ({
      IndexName: name,
      KeySchema: keysOf(partition, READ_MODEL_SORT),
      Projection: { ProjectionType: 'KEYS_ONLY' },
    })),
  };
}

const keysOf = (partition: string, sort: string): CreateTableCommandInput['KeySchema'] => [
  { AttributeName: partition, KeyType: 'HASH' },
  { AttributeName: sort, KeyType: 'RANGE' },
];
