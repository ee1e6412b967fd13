/**
 * The deployed system as tests see it: through its API, its queues and the world outside.
 *
 * Boundary: needs `test/support/deployed-setup.ts` as the project's global setup.
 */
import { DynamoDBClient, GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { inject } from 'vitest';
import { SignalboxClient } from '#runtime/client/client.ts';
import type { RunView } from '#runtime/contracts/api.ts';
import type { RunRecord } from '#runtime/contracts/ledger.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import { LocalQueue } from '../../cli/demo/queue.ts';
import { listProcesses, workersOf } from '../../cli/demo/worker.ts';
import type { TestDeployment } from './deployed-setup.ts';

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

/** What a suite is skipped by when the local cloud cannot run here. */
export const deployed = inject('deployed');

interface Ticket {
  readonly id: string;
  readonly key: string;
  readonly customerId: string;
  readonly body: string;
}

/** How the customer system has a lead. */
interface Qualified {
  readonly id: string;
  readonly key: string;
  readonly leadId: string;
  readonly segment: string;
  readonly score: number;
  readonly grade: string;
}

/** How the calendar has a visit. */
interface Booking {
  readonly key: string;
  readonly homeId: string;
  readonly slot: string;
}

/** Handles on the deployed system. */
export function live() {
  if (deployed === null) throw new TypeError('the suite needs a deployment; skip it without one');
  const { endpoint, apiUrl, cloudPid } = deployed;
  const config = {
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const sqs = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
  const sfn = new SFNClient(config);
  const dynamoDb = new DynamoDBClient(config);
  const lambda = new LambdaClient(config);

  return {
    apiUrl,
    client: new SignalboxClient({ baseUrl: apiUrl }),

    /** Puts a message on an agent's queue, as it stands. */
    send: (agent: string, body: string) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/signalbox-local-${agent}`,
          MessageBody: body,
        }),
      ),

    /** Bodies of an agent's messages that are not deleted yet, those in flight included (embedded cloud only). */
    messagesAt: async (agent: string): Promise<readonly string[]> =>
      (await new LocalQueue(endpoint, `signalbox-local-${agent}`).peek()).map(({ body }) => body),

    /** One round of the reconciler, which otherwise comes every minute. */
    async reconcile(): Promise<void> {
      const { FunctionError: failed } = await lambda.send(
        new InvokeCommand({ FunctionName: 'signalbox-local-reconcile' }),
      );
      if (failed) throw new TypeError(`the reconciler failed: ${failed}`);
    },

    /** Executions whose name begins with the run's id. */
    async executionsOf(run: string, workflow: string): Promise<readonly string[]> {
      const { executions = [] } = await sfn.send(
        new ListExecutionsCommand({
          stateMachineArn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:signalbox-local-${workflow}`,
        }),
      );
      return executions.flatMap(({ name }) => (name?.startsWith(run) ? [name] : []));
    },

    /** Kills every worker of an agent as `kill -9` does; gives how many. */
    async killWorkers(agent: string): Promise<number> {
      if (cloudPid === null) return 0;
      const pids = workersOf(await listProcesses(), cloudPid, `signalbox-local-${agent}`);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      return pids.length;
    },

    ...ledger(dynamoDb),
    ...outside(deployed),
  };
}

/** What is on record. */
function ledger(dynamoDb: DynamoDBClient) {
  return {
    /** The run as the ledger has it, whatever became of its events. */
    async recordOf(run: string): Promise<RunRecord | null> {
      const { Item } = await dynamoDb.send(
        new GetItemCommand({
          TableName: 'signalbox-local-ledger',
          Key: { pk: { S: run }, sk: { S: 'run' } },
          ConsistentRead: true,
        }),
      );
      return Item?.record?.S === undefined ? null : JSON.parse(Item.record.S);
    },

    async deadLetters(): Promise<
      readonly { readonly cause: string; readonly code: string; readonly body: string }[]
    > {
      const { Items = [] } = await dynamoDb.send(
        new ScanCommand({
          TableName: 'signalbox-local-ledger',
          FilterExpression: 'begins_with(pk, :prefix)',
          ExpressionAttributeValues: { ':prefix': { S: 'dead-letter#' } },
        }),
      );
      return Items.map((item) => JSON.parse(unmarshall(item).record as string));
    },
  };
}

/** The world outside, where effects and model calls are counted. */
function outside({
  helpdeskUrl,
  crmUrl,
  calendarUrl,
  modelUrl,
}: Pick<TestDeployment, 'helpdeskUrl' | 'crmUrl' | 'calendarUrl' | 'modelUrl'>) {
  const json = async <T>(url: string, init?: RequestInit): Promise<T> =>
    (await (await fetch(url, init)).json()) as T;
  return {
    ticketsOf: async (customerId: string): Promise<readonly Ticket[]> => {
      const { tickets } = await json<{ tickets: Ticket[] }>(`${helpdeskUrl}/tickets`);
      return tickets.filter((ticket) => ticket.customerId === customerId);
    },
    helpdesk: {
      hold: () => json(`${helpdeskUrl}/admin/hold`, { method: 'POST' }),
      release: () => json(`${helpdeskUrl}/admin/release`, { method: 'POST' }),
      stats: () =>
        json<{ held: number; requests: number; abandoned: number }>(`${helpdeskUrl}/admin/stats`),
    },
    qualificationsOf: async (lead: string): Promise<readonly Qualified[]> => {
      const { qualifications } = await json<{ qualifications: Qualified[] }>(
        `${crmUrl}/qualifications?lead=${lead}`,
      );
      return qualifications;
    },
    crm: {
      hold: () => json(`${crmUrl}/admin/hold`, { method: 'POST' }),
      release: () => json(`${crmUrl}/admin/release`, { method: 'POST' }),
      stats: () =>
        json<{ held: number; histories: number; writes: number; abandoned: number }>(
          `${crmUrl}/admin/stats`,
        ),
    },
    bookings: async (): Promise<readonly Booking[]> =>
      (await json<{ bookings: Booking[] }>(`${calendarUrl}/bookings`)).bookings,
    calendar: {
      hold: () => json(`${calendarUrl}/admin/hold`, { method: 'POST' }),
      release: () => json(`${calendarUrl}/admin/release`, { method: 'POST' }),
      stats: () => json<{ held: number; asked: number }>(`${calendarUrl}/admin/stats`),
    },
    modelStats: () => json<Record<string, unknown>>(`${modelUrl}/admin/stats`),
  };
}

/**
 * Asks until the answer fits.
 * @param seconds says nothing of speed: other deployments may keep the machine busy
 * @throws TypeError with the last answer, after `seconds`
 */
export async function eventually<T>(
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
  seconds = 60,
): Promise<T> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (performance.now() > until) {
      throw new TypeError(`after ${seconds} s it is still ${JSON.stringify(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The run as it stands when it has ended. */
export const ended = (client: SignalboxClient, run: string, seconds = 120): Promise<RunView> =>
  eventually(
    () => client.run(run),
    ({ status }) => isTerminal(status),
    seconds,
  );
