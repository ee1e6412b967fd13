import { dynamoDbClient } from '../adapters/dynamodb/client.ts';
import { DynamoDbOutbox } from '../adapters/dynamodb/outbox.ts';
import { kinesisClient } from '../adapters/kinesis/client.ts';
import { KinesisEventLog } from '../adapters/kinesis/event-log.ts';
import { nodeSystem as system } from '../adapters/system/system.ts';
import type { PlatformEnvironment } from '../contracts/environment.ts';
import { StreamOrOutbox } from './stream-or-outbox.ts';
import type { Telemetry } from './telemetry.ts';

/** Where a function tells events on AWS: `events` is the stream with the outbox behind it. */
export function composeEvents(
  environment: Omit<PlatformEnvironment, 'STAGE'>,
  telemetry: Pick<Telemetry, 'log'>,
) {
  const { LEDGER_TABLE_NAME: tableName, EVENT_STREAM_NAME: streamName } = environment;
  const stream = new KinesisEventLog({ client: kinesisClient(), streamName, system });
  const outbox = new DynamoDbOutbox({ client: dynamoDbClient(), tableName, system });
  return { stream, outbox, events: new StreamOrOutbox({ stream, outbox, system, telemetry }) };
}
