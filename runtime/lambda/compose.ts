import { DynamoDbBudgetLedger } from '../adapters/dynamodb/budget-ledger.ts';
import { DynamoDbCallLedger } from '../adapters/dynamodb/call-ledger.ts';
import { dynamoDbClient } from '../adapters/dynamodb/client.ts';
import { lateDeadLetterStore } from '../adapters/dynamodb/late-dead-letter-store.ts';
import { lateQuotaLedger } from '../adapters/dynamodb/late-quota-ledger.ts';
import { DynamoDbStepLedger } from '../adapters/dynamodb/step-ledger.ts';
import { modelProvider } from '../adapters/model/model-provider.ts';
import { latePayloadStore } from '../adapters/s3/late-payload-store.ts';
import { sqsClient } from '../adapters/sqs/client.ts';
import { SqsWorkQueue } from '../adapters/sqs/work-queue.ts';
import { stepFunctionsClient } from '../adapters/step-functions/client.ts';
import { StepFunctionsTaskCallback } from '../adapters/step-functions/task-callback.ts';
import { nodeSystem } from '../adapters/system/system.ts';
import type { AgentEnvironment } from '../contracts/environment.ts';
import { pricingOf } from '../core/price.ts';
import { composeEvents } from './compose-events.ts';
import { configuredQuotas } from './configured-quotas.ts';
import type { DoorPorts } from './door-ports.ts';
import { powertoolsTelemetry } from './powertools-telemetry.ts';

/** The door's ports on AWS. */
export function composeDoor(agent: string, environment: AgentEnvironment): DoorPorts {
  const system = nodeSystem;
  const telemetry = powertoolsTelemetry(agent, environment.STAGE);
  const client = dynamoDbClient();
  const ledger = { client, tableName: environment.LEDGER_TABLE_NAME, system };
  const limits = { client, tableName: environment.LIMITS_TABLE_NAME, system };
  return {
    steps: new DynamoDbStepLedger(ledger),
    calls: new DynamoDbCallLedger(ledger),
    budgets: new DynamoDbBudgetLedger(ledger),
    deadLetters: lateDeadLetterStore(ledger),
    events: composeEvents(environment, telemetry).events,
    queue: new SqsWorkQueue({ client: sqsClient(), queueUrl: environment.QUEUE_URL, system }),
    tasks: new StepFunctionsTaskCallback({ client: stepFunctionsClient(), system }),
    model: modelProvider(environment),
    pricing: pricingOf(environment.MODEL_ID, environment.MODEL_USD_PER_MILLION_TOKENS),
    payloads: latePayloadStore(environment.PAYLOAD_BUCKET_NAME),
    quotas: lateQuotaLedger(limits),
    limits: configuredQuotas(environment.QUOTAS),
    system,
    telemetry,
  };
}
