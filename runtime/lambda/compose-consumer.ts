import { DynamoDbCheckpoints } from '../adapters/dynamodb/checkpoints.ts';
import { dynamoDbClient } from '../adapters/dynamodb/client.ts';
import { DynamoDbLaneStore } from '../adapters/dynamodb/lane-store.ts';
import { lateDeadLetterStore } from '../adapters/dynamodb/late-dead-letter-store.ts';
import { nodeSystem as system } from '../adapters/system/system.ts';
import type { PlatformEnvironment } from '../contracts/environment.ts';
import type { PlatformName } from '../core/platform-letter.ts';
import { composeEvents } from './compose-events.ts';
import { powertoolsTelemetry } from './powertools-telemetry.ts';

/** What every consumer of the event stream needs on AWS; also enough to drain its lanes. */
export function composeConsumer(name: PlatformName, environment: PlatformEnvironment) {
  const telemetry = powertoolsTelemetry(name, environment.STAGE);
  const ledger = { client: dynamoDbClient(), tableName: environment.LEDGER_TABLE_NAME, system };
  return {
    lanes: new DynamoDbLaneStore(ledger),
    checkpoints: new DynamoDbCheckpoints(ledger),
    deadLetters: lateDeadLetterStore(ledger),
    events: composeEvents(environment, telemetry).events,
    system,
    telemetry,
  };
}
