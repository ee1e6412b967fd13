/** Status changes of executions → the event stream. */
import type { SQSHandler } from 'aws-lambda';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbDeadLetterStore } from '#runtime/adapters/dynamodb/dead-letter-store.ts';
import { DynamoDbOutbox } from '#runtime/adapters/dynamodb/outbox.ts';
import { DynamoDbRunLedger } from '#runtime/adapters/dynamodb/run-ledger.ts';
import { kinesisClient } from '#runtime/adapters/kinesis/client.ts';
import { KinesisEventLog } from '#runtime/adapters/kinesis/event-log.ts';
import { lateExecutionReader } from '#runtime/adapters/step-functions/late-execution-reader.ts';
import { nodeSystem as system } from '#runtime/adapters/system/system.ts';
import { RunStatusEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { powertoolsTelemetry } from '#runtime/lambda/powertools-telemetry.ts';
import { publishRunStatus } from '#runtime/lambda/publish-run-status.ts';
import { StreamOrOutbox } from '#runtime/lambda/stream-or-outbox.ts';

const env = readEnvironment(RunStatusEnvironmentSchema, process.env);
const telemetry = powertoolsTelemetry('publish-run-status', env.STAGE);
const ledger = { client: dynamoDbClient(), tableName: env.LEDGER_TABLE_NAME, system };

const ports = {
  runs: new DynamoDbRunLedger(ledger),
  deadLetters: new DynamoDbDeadLetterStore(ledger),
  events: new StreamOrOutbox({
    stream: new KinesisEventLog({
      client: kinesisClient(),
      streamName: env.EVENT_STREAM_NAME,
      system,
    }),
    outbox: new DynamoDbOutbox(ledger),
    system,
    telemetry,
  }),
  executions: lateExecutionReader(system),
  telemetry,
};

export const handler: SQSHandler = (event) => publishRunStatus(ports, event);
