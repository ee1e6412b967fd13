/** The projector: event stream → read model, and a sample of the stages from each batch. */
import type { KinesisStreamHandler } from 'aws-lambda';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbDeadLetterStore } from '#runtime/adapters/dynamodb/dead-letter-store.ts';
import { DynamoDbReadModelWriter } from '#runtime/adapters/dynamodb/read-model-writer.ts';
import { DynamoDbStageMeter } from '#runtime/adapters/dynamodb/stage-meter.ts';
import { nodeSystem as system } from '#runtime/adapters/system/system.ts';
import { ProjectorEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { powertoolsTelemetry } from '#runtime/lambda/powertools-telemetry.ts';
import { projectEvents } from '#runtime/lambda/project-events.ts';

const env = readEnvironment(ProjectorEnvironmentSchema, process.env);
const client = dynamoDbClient();

const ports = {
  readModel: new DynamoDbReadModelWriter({ client, tableName: env.READ_MODEL_TABLE_NAME, system }),
  deadLetters: new DynamoDbDeadLetterStore({ client, tableName: env.LEDGER_TABLE_NAME, system }),
  meter: new DynamoDbStageMeter({ client, tableName: env.LIMITS_TABLE_NAME, system }),
  system,
  telemetry: powertoolsTelemetry('project-events', env.STAGE),
};

export const handler: KinesisStreamHandler = (event) => projectEvents(ports, event);
