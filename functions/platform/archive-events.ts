/** The archiver: event stream → archive. */
import type { KinesisStreamHandler } from 'aws-lambda';
import { DynamoDbCheckpoints } from '#runtime/adapters/dynamodb/checkpoints.ts';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { lateArchive } from '#runtime/adapters/s3/late-archive.ts';
import { nodeSystem as system } from '#runtime/adapters/system/system.ts';
import { ArchiverEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { archiveEvents } from '#runtime/lambda/archive-events.ts';
import { powertoolsTelemetry } from '#runtime/lambda/powertools-telemetry.ts';

const env = readEnvironment(ArchiverEnvironmentSchema, process.env);
const tableName = env.LEDGER_TABLE_NAME;

const ports = {
  archive: lateArchive(env.ARCHIVE_BUCKET_NAME),
  checkpoints: new DynamoDbCheckpoints({ client: dynamoDbClient(), tableName, system }),
  system,
  telemetry: powertoolsTelemetry(PLATFORM_NAMES.archiveEvents, env.STAGE),
};

export const handler: KinesisStreamHandler = (event) => archiveEvents(ports, event);
