import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDbAdmissionLedger } from '#runtime/adapters/dynamodb/admission-ledger.ts';
import { DynamoDbBudgetLedger } from '#runtime/adapters/dynamodb/budget-ledger.ts';
import { DynamoDbCallLedger } from '#runtime/adapters/dynamodb/call-ledger.ts';
import { DynamoDbCheckpoints } from '#runtime/adapters/dynamodb/checkpoints.ts';
import { DynamoDbDeadLetterStore } from '#runtime/adapters/dynamodb/dead-letter-store.ts';
import { DynamoDbDueRuns } from '#runtime/adapters/dynamodb/due-runs.ts';
import { DynamoDbInbox } from '#runtime/adapters/dynamodb/inbox.ts';
import { DynamoDbLaneStore } from '#runtime/adapters/dynamodb/lane-store.ts';
import { DynamoDbOutbox } from '#runtime/adapters/dynamodb/outbox.ts';
import { DynamoDbPlaceKey } from '#runtime/adapters/dynamodb/place-key.ts';
import { DynamoDbQuotaLedger } from '#runtime/adapters/dynamodb/quota-ledger.ts';
import { DynamoDbReactionsLedger } from '#runtime/adapters/dynamodb/reactions-ledger.ts';
import { DynamoDbReplayLedger } from '#runtime/adapters/dynamodb/replay-ledger.ts';
import { DynamoDbRunLedger } from '#runtime/adapters/dynamodb/run-ledger.ts';
import { DynamoDbStageMeter } from '#runtime/adapters/dynamodb/stage-meter.ts';
import { DynamoDbStepLedger } from '#runtime/adapters/dynamodb/step-ledger.ts';
import { DynamoDbWaitLedger } from '#runtime/adapters/dynamodb/wait-ledger.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import { TABLE_KEY } from '#runtime/contracts/tables.ts';
import { clientOptions, uniqueName } from './cloud.ts';

/** A ledger table of its own, the ports over it, and a look behind them. */
export function cloudLedger(endpoint: string) {
  const client = new DynamoDBClient(clientOptions(endpoint));
  const tableName = uniqueName('ledger');
  const options = { client, tableName, system: nodeSystem };
  return {
    setup: async () => {
      await client.send(
        new CreateTableCommand({
          TableName: tableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [
            { AttributeName: TABLE_KEY.partition, KeyType: 'HASH' },
            { AttributeName: TABLE_KEY.sort, KeyType: 'RANGE' },
          ],
          AttributeDefinitions: [TABLE_KEY.partition, TABLE_KEY.sort].map((name) => ({
            AttributeName: name,
            AttributeType: 'S',
          })),
        }),
      );
      return {
        steps: new DynamoDbStepLedger(options),
        calls: new DynamoDbCallLedger(options),
        runs: new DynamoDbRunLedger(options),
        budgets: new DynamoDbBudgetLedger(options),
        reactions: new DynamoDbReactionsLedger(options),
        waits: new DynamoDbWaitLedger(options),
        admissions: new DynamoDbAdmissionLedger(options),
        newPlaceKey: () => new DynamoDbPlaceKey(options),
        deadLetters: new DynamoDbDeadLetterStore(options),
        lanes: new DynamoDbLaneStore(options),
        checkpoints: new DynamoDbCheckpoints(options),
        outbox: new DynamoDbOutbox(options),
        replays: new DynamoDbReplayLedger(options),
        inbox: new DynamoDbInbox(options),
        dueRuns: new DynamoDbDueRuns(options),
        meter: new DynamoDbStageMeter(options),
        quotas: new DynamoDbQuotaLedger(options),
      };
    },
    teardown: async () => {
      await client.send(new DeleteTableCommand({ TableName: tableName }));
      client.destroy();
    },
  };
}
