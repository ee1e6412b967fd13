/** The router: events of the stream, and timers → reactions of agents, ends of waits. */
import type { KinesisStreamBatchResponse, SQSBatchResponse } from 'aws-lambda';
import { DynamoDbCallLedger } from '#runtime/adapters/dynamodb/call-ledger.ts';
import { dynamoDbClient } from '#runtime/adapters/dynamodb/client.ts';
import { DynamoDbInbox } from '#runtime/adapters/dynamodb/inbox.ts';
import { DynamoDbReactionsLedger } from '#runtime/adapters/dynamodb/reactions-ledger.ts';
import { DynamoDbRunLedger } from '#runtime/adapters/dynamodb/run-ledger.ts';
import { DynamoDbStepLedger } from '#runtime/adapters/dynamodb/step-ledger.ts';
import { DynamoDbWaitLedger } from '#runtime/adapters/dynamodb/wait-ledger.ts';
import { sqsClient } from '#runtime/adapters/sqs/client.ts';
import { SqsDispatcher } from '#runtime/adapters/sqs/dispatcher.ts';
import { SqsTimers } from '#runtime/adapters/sqs/timers.ts';
import { stepFunctionsClient } from '#runtime/adapters/step-functions/client.ts';
import { StepFunctionsTaskCallback } from '#runtime/adapters/step-functions/task-callback.ts';
import { RouterEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { type Batch, isOfQueue, isOfStream } from '#runtime/lambda/batch-source.ts';
import { composeConsumer } from '#runtime/lambda/compose-consumer.ts';
import { consumeBatch } from '#runtime/lambda/consume-events.ts';
import { fireTimers } from '#runtime/lambda/fire-timers.ts';
import { lateReplayOrders } from '#runtime/lambda/late-replay-orders.ts';
import { routeEvents } from '#runtime/lambda/route-events.ts';
import { subscribedIn } from '#runtime/lambda/subscribed.ts';

const env = readEnvironment(RouterEnvironmentSchema, process.env);
const consumer = composeConsumer(PLATFORM_NAMES.routeEvents, env);
const { system } = consumer;
const ledger = { client: dynamoDbClient(), tableName: env.LEDGER_TABLE_NAME, system };
const queueUrlPrefix = env.QUEUE_URL_PREFIX;

const ports = {
  ...consumer,
  runs: new DynamoDbRunLedger(ledger),
  steps: new DynamoDbStepLedger(ledger),
  calls: new DynamoDbCallLedger(ledger),
  reactions: new DynamoDbReactionsLedger(ledger),
  waits: new DynamoDbWaitLedger(ledger),
  inbox: new DynamoDbInbox(ledger),
  dispatcher: new SqsDispatcher({ client: sqsClient(), queueUrlPrefix, system }),
  timers: new SqsTimers({
    client: sqsClient(),
    queueUrl: `${queueUrlPrefix}${PLATFORM_NAMES.timers}`,
    system,
  }),
  tasks: new StepFunctionsTaskCallback({ client: stepFunctionsClient(), system }),
};
const subscribed = subscribedIn(env.SUBSCRIPTIONS);
const router = routeEvents(ports, subscribed);

const takeReplayOrders = lateReplayOrders(consumer, router, env);

export function handler(event: Batch): Promise<KinesisStreamBatchResponse | SQSBatchResponse> {
  if (isOfStream(event)) return consumeBatch(ports, router, event);
  return isOfQueue(event, env.REPLAY_QUEUE_URL)
    ? takeReplayOrders(event)
    : fireTimers(ports, subscribed, event);
}
