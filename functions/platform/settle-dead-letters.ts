/** The dead-letter queue → steps answered, letters parked. */
import type { SQSHandler } from 'aws-lambda';
import { DynamoDbCallLedger } from '#runtime/adapters/dynamodb/call-ledger.ts';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbDeadLetterStore } from '#runtime/adapters/dynamodb/dead-letter-store.ts';
import { DynamoDbDueRuns } from '#runtime/adapters/dynamodb/due-runs.ts';
import { DynamoDbInbox } from '#runtime/adapters/dynamodb/inbox.ts';
import { DynamoDbRunLedger } from '#runtime/adapters/dynamodb/run-ledger.ts';
import { DynamoDbStepLedger } from '#runtime/adapters/dynamodb/step-ledger.ts';
import { DynamoDbWaitLedger } from '#runtime/adapters/dynamodb/wait-ledger.ts';
import { lateDispatcher } from '#runtime/adapters/sqs/late-dispatcher.ts';
import { stepFunctionsClient } from '#runtime/adapters/step-functions/client.ts';
import { StepFunctionsTaskCallback } from '#runtime/adapters/step-functions/task-callback.ts';
import { nodeSystem as system } from '#runtime/adapters/system/system.ts';
import { DeadLetterEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { composeEvents } from '#runtime/lambda/compose-events.ts';
import { powertoolsTelemetry } from '#runtime/lambda/powertools-telemetry.ts';
import { settleDeadLetters } from '#runtime/lambda/settle-dead-letters.ts';

const env = readEnvironment(DeadLetterEnvironmentSchema, process.env);
const telemetry = powertoolsTelemetry('settle-dead-letters', env.STAGE);
const ledger = { client: dynamoDbClient(), tableName: env.LEDGER_TABLE_NAME, system };
const place = { stage: env.STAGE, retentionHours: env.STREAM_RETENTION_HOURS };

const ports = {
  steps: new DynamoDbStepLedger(ledger),
  calls: new DynamoDbCallLedger(ledger),
  waits: new DynamoDbWaitLedger(ledger),
  runs: new DynamoDbRunLedger(ledger),
  inbox: new DynamoDbInbox(ledger),
  dueRuns: new DynamoDbDueRuns(ledger),
  deadLetters: new DynamoDbDeadLetterStore(ledger),
  events: composeEvents(env, telemetry).events,
  dispatcher: lateDispatcher(env.QUEUE_URL_PREFIX, system),
  tasks: new StepFunctionsTaskCallback({ client: stepFunctionsClient(), system }),
  system,
  telemetry,
};

export const handler: SQSHandler = (event) => settleDeadLetters(ports, place, event);
