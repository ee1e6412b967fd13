/** Status changes of executions → the event stream. */
import type { SQSHandler } from 'aws-lambda';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbDeadLetterStore } from '#runtime/adapters/dynamodb/dead-letter-store.ts';
import { DynamoDbRunLedger } from '#runtime/adapters/dynamodb/run-ledger.ts';
import { lateExecutionReader } from '#runtime/adapters/step-functions/late-execution-reader.ts';
import { nodeSystem as system } from '#runtime/adapters/system/system.ts';
import { PlatformEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { composeEvents } from '#runtime/lambda/compose-events.ts';
import { powertoolsTelemetry } from '#runtime/lambda/powertools-telemetry.ts';
import { publishRunStatus } from '#runtime/lambda/publish-run-status.ts';

const env = readEnvironment(PlatformEnvironmentSchema, process.env);
const telemetry = powertoolsTelemetry('publish-run-status', env.STAGE);
const ledger = { client: dynamoDbClient(), tableName: env.LEDGER_TABLE_NAME, system };

const ports = {
  runs: new DynamoDbRunLedger(ledger),
  deadLetters: new DynamoDbDeadLetterStore(ledger),
  events: composeEvents(env, telemetry).events,
  executions: lateExecutionReader(system),
  telemetry,
};

export const handler: SQSHandler = (event) => publishRunStatus(ports, event);
