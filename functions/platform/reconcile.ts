/** Every minute: outbox → event stream, and what is left to do for accepted runs. */
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbDueRuns } from '#runtime/adapters/dynamodb/due-runs.ts';
import { DynamoDbInbox } from '#runtime/adapters/dynamodb/inbox.ts';
import { DynamoDbRunLedger } from '#runtime/adapters/dynamodb/run-ledger.ts';
import { DynamoDbStepLedger } from '#runtime/adapters/dynamodb/step-ledger.ts';
import { DynamoDbWaitLedger } from '#runtime/adapters/dynamodb/wait-ledger.ts';
import { lateTimers } from '#runtime/adapters/sqs/late-timers.ts';
import { stepFunctionsClient } from '#runtime/adapters/step-functions/client.ts';
import { StepFunctionsOrchestrator } from '#runtime/adapters/step-functions/orchestrator.ts';
import { StepFunctionsTaskCallback } from '#runtime/adapters/step-functions/task-callback.ts';
import { nodeSystem as system } from '#runtime/adapters/system/system.ts';
import { ReconcileEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { composeEvents } from '#runtime/lambda/compose-events.ts';
import { powertoolsTelemetry } from '#runtime/lambda/powertools-telemetry.ts';
import { reconcile } from '#runtime/lambda/reconcile.ts';

const env = readEnvironment(ReconcileEnvironmentSchema, process.env);
const telemetry = powertoolsTelemetry('reconcile', env.STAGE);
const ledger = { client: dynamoDbClient(), tableName: env.LEDGER_TABLE_NAME, system };

const ports = {
  ...composeEvents(env, telemetry),
  dueRuns: new DynamoDbDueRuns(ledger),
  runs: new DynamoDbRunLedger(ledger),
  steps: new DynamoDbStepLedger(ledger),
  waits: new DynamoDbWaitLedger(ledger),
  inbox: new DynamoDbInbox(ledger),
  timers: lateTimers(env.TIMERS_QUEUE_URL, system),
  tasks: new StepFunctionsTaskCallback({ client: stepFunctionsClient(), system }),
  orchestrator: new StepFunctionsOrchestrator({
    client: stepFunctionsClient(),
    stateMachineArnPrefix: env.STATE_MACHINE_ARN_PREFIX,
    system,
  }),
  system,
  telemetry,
};

export const handler = (): Promise<void> => reconcile(ports);
