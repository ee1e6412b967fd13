/** The platform's queue → waits on record, kept until somebody ends them. */
import type { SQSHandler } from 'aws-lambda';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbDeadLetterStore } from '#runtime/adapters/dynamodb/dead-letter-store.ts';
import { DynamoDbDueRuns } from '#runtime/adapters/dynamodb/due-runs.ts';
import { DynamoDbInbox } from '#runtime/adapters/dynamodb/inbox.ts';
import { DynamoDbRunLedger } from '#runtime/adapters/dynamodb/run-ledger.ts';
import { DynamoDbStepLedger } from '#runtime/adapters/dynamodb/step-ledger.ts';
import { DynamoDbWaitLedger } from '#runtime/adapters/dynamodb/wait-ledger.ts';
import { stepFunctionsClient } from '#runtime/adapters/step-functions/client.ts';
import { StepFunctionsTaskCallback } from '#runtime/adapters/step-functions/task-callback.ts';
import { nodeSystem as system } from '#runtime/adapters/system/system.ts';
import { PlatformEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { composeEvents } from '#runtime/lambda/compose-events.ts';
import { powertoolsTelemetry } from '#runtime/lambda/powertools-telemetry.ts';
import { servePlatform } from '#runtime/lambda/serve-platform.ts';

const env = readEnvironment(PlatformEnvironmentSchema, process.env);
const telemetry = powertoolsTelemetry('serve-platform', env.STAGE);
const ledger = { client: dynamoDbClient(), tableName: env.LEDGER_TABLE_NAME, system };

const ports = {
  steps: new DynamoDbStepLedger(ledger),
  waits: new DynamoDbWaitLedger(ledger),
  runs: new DynamoDbRunLedger(ledger),
  inbox: new DynamoDbInbox(ledger),
  dueRuns: new DynamoDbDueRuns(ledger),
  deadLetters: new DynamoDbDeadLetterStore(ledger),
  events: composeEvents(env, telemetry).events,
  tasks: new StepFunctionsTaskCallback({ client: stepFunctionsClient(), system }),
  system,
  telemetry,
};

export const handler: SQSHandler = (event) => servePlatform(ports, event);
