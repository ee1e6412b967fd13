/** The front door: API Gateway → run started, runs read. */
import { eventTypes, subscriptions, workflows } from 'virtual:workflows';
import { DynamoDbAdmissionLedger } from '#runtime/adapters/dynamodb/admission-ledger.ts';
import { DynamoDbBudgetLedger } from '#runtime/adapters/dynamodb/budget-ledger.ts';
import { DynamoDbCallLedger } from '#runtime/adapters/dynamodb/call-ledger.ts';
import { DynamoDbCheckpoints } from '#runtime/adapters/dynamodb/checkpoints.ts';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbDeadLetterStore } from '#runtime/adapters/dynamodb/dead-letter-store.ts';
import { DynamoDbDueRuns } from '#runtime/adapters/dynamodb/due-runs.ts';
import { DynamoDbInbox } from '#runtime/adapters/dynamodb/inbox.ts';
import { DynamoDbLaneStore } from '#runtime/adapters/dynamodb/lane-store.ts';
import { lateQuotaLedger } from '#runtime/adapters/dynamodb/late-quota-ledger.ts';
import { DynamoDbPlaceKey } from '#runtime/adapters/dynamodb/place-key.ts';
import { DynamoDbReadModelReader } from '#runtime/adapters/dynamodb/read-model-reader.ts';
import { DynamoDbReplayLedger } from '#runtime/adapters/dynamodb/replay-ledger.ts';
import { DynamoDbRunLedger } from '#runtime/adapters/dynamodb/run-ledger.ts';
import { DynamoDbStageMeter } from '#runtime/adapters/dynamodb/stage-meter.ts';
import { DynamoDbStepLedger } from '#runtime/adapters/dynamodb/step-ledger.ts';
import { DynamoDbWaitLedger } from '#runtime/adapters/dynamodb/wait-ledger.ts';
import { lateStreamTail } from '#runtime/adapters/kinesis/late-stream-tail.ts';
import { latePayloadStore } from '#runtime/adapters/s3/late-payload-store.ts';
import { lateDispatcher } from '#runtime/adapters/sqs/late-dispatcher.ts';
import { lateQueueDepths } from '#runtime/adapters/sqs/late-queue-depths.ts';
import { lateTimers } from '#runtime/adapters/sqs/late-timers.ts';
import { stepFunctionsClient } from '#runtime/adapters/step-functions/client.ts';
import { StepFunctionsOrchestrator } from '#runtime/adapters/step-functions/orchestrator.ts';
import { StepFunctionsTaskCallback } from '#runtime/adapters/step-functions/task-callback.ts';
import { nodeSystem as system } from '#runtime/adapters/system/system.ts';
import { ApiEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { apiHandler } from '#runtime/lambda/api/api-handler.ts';
import {
  deployedAgents,
  deployedRules,
  expectedCalls,
} from '#runtime/lambda/api/deployed-agents.ts';
import {
  deployedSubscriptions,
  deployedWorkflows,
} from '#runtime/lambda/api/deployed-workflows.ts';
import { composeEvents } from '#runtime/lambda/compose-events.ts';
import { configuredQuotas } from '#runtime/lambda/configured-quotas.ts';
import { powertoolsTelemetry } from '#runtime/lambda/powertools-telemetry.ts';

const env = readEnvironment(ApiEnvironmentSchema, process.env);
const client = dynamoDbClient();
const ledger = { client, tableName: env.LEDGER_TABLE_NAME, system };
const limits = { client, tableName: env.LIMITS_TABLE_NAME, system };
const telemetry = powertoolsTelemetry('api', env.STAGE);
const { outbox, events } = composeEvents(env, telemetry);

export const handler = apiHandler({
  stage: env.STAGE,
  workflows: deployedWorkflows(workflows, env.WORKFLOWS, telemetry),
  subscriptions: deployedSubscriptions(subscriptions, env.SUBSCRIPTIONS, telemetry),
  rules: deployedRules(env.RULES),
  eventTypes,
  runs: new DynamoDbRunLedger(ledger),
  steps: new DynamoDbStepLedger(ledger),
  calls: new DynamoDbCallLedger(ledger),
  budgets: new DynamoDbBudgetLedger(ledger),
  waits: new DynamoDbWaitLedger(ledger),
  inbox: new DynamoDbInbox(ledger),
  timers: lateTimers(`${env.QUEUE_URL_PREFIX}${PLATFORM_NAMES.timers}`, system),
  dueRuns: new DynamoDbDueRuns(ledger),
  deadLetters: new DynamoDbDeadLetterStore(ledger),
  readModel: new DynamoDbReadModelReader({ client, tableName: env.READ_MODEL_TABLE_NAME, system }),
  payloads: latePayloadStore(env.PAYLOAD_BUCKET_NAME),
  admissions: new DynamoDbAdmissionLedger(limits),
  placeKey: new DynamoDbPlaceKey(limits),
  quotas: lateQuotaLedger(limits),
  quotaLimits: configuredQuotas(env.QUOTAS),
  agents: deployedAgents(env.AGENTS),
  expectedCalls: expectedCalls(env.EXPECTED_CALLS),
  meter: new DynamoDbStageMeter(limits),
  queueDepths: lateQueueDepths(env.QUEUE_URL_PREFIX, system),
  outbox,
  checkpoints: new DynamoDbCheckpoints(ledger),
  lanes: new DynamoDbLaneStore(ledger),
  tail: lateStreamTail(env.EVENT_STREAM_NAME, system),
  replays: new DynamoDbReplayLedger(ledger),
  dispatcher: lateDispatcher(env.QUEUE_URL_PREFIX, system),
  orchestrator: new StepFunctionsOrchestrator({
    client: stepFunctionsClient(),
    stateMachineArnPrefix: env.STATE_MACHINE_ARN_PREFIX,
    system,
  }),
  tasks: new StepFunctionsTaskCallback({ client: stepFunctionsClient(), system }),
  events,
  system,
  telemetry,
});
