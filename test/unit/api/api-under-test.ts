import '../../support/late-routes.ts';
import * as z from 'zod/mini';
import { MemoryDueRuns } from '#runtime/adapters/memory/due-runs.ts';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryInbox } from '#runtime/adapters/memory/inbox.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryOrchestrator, MemoryTaskCallback } from '#runtime/adapters/memory/orchestrator.ts';
import { MemoryPayloadStore } from '#runtime/adapters/memory/payload-store.ts';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { MemoryTimers } from '#runtime/adapters/memory/timers.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { apiHandler } from '#runtime/lambda/api/api-handler.ts';
import type { ApiDependencies } from '#runtime/lambda/api/dependencies.ts';
import {
  deployedSubscriptions,
  deployedWorkflows,
} from '#runtime/lambda/api/deployed-workflows.ts';
import { type ProjectorPorts, projectEvents } from '#runtime/lambda/project-events.ts';
import { reconcileRuns } from '#runtime/lambda/reconcile-runs.ts';
import { chatContract } from '../../support/chat-contracts.ts';
import { consumerPorts } from '../../support/consumer-ports.ts';
import { limitsInMemory } from '../../support/limits-in-memory.ts';
import { lambdaContext, type RestCall, restEvent } from '../../support/rest-event.ts';
import { kinesisBatch } from '../../support/stream-batch.ts';

const support = workflowContract({
  name: 'support',
  deadlineSeconds: 120,
  budget: { usd: 0.5, tokens: 10_000 },
  input: z.object({
    query: z.string().check(z.minLength(1), z.maxLength(4000)),
    customerId: z.string(),
    priority: z._default(z.enum(['low', 'high']), 'low'),
    context: z.optional(z.unknown()),
  }),
  output: z.object({ answer: z.string() }),
  tags: ({ customerId }) => ({ customer: customerId }),
});

const numbers = workflowContract({
  name: 'numbers',
  deadlineSeconds: 10,
  input: z.object({ numbers: z.array(z.number()) }),
  output: z.unknown(),
});

/** What the stage is configured with. */
const QUOTAS = {
  'model:default': { requestsPerSecond: 2, burst: 1 },
  crm: { requestsPerSecond: 5 },
};

const AGENTS = { support: ['answer-question'], numbers: ['add-numbers'] };

const RULES = { chat: ['understandWish', 'makeOffer'] };

const VERSIONS = '{"support":"hash-1","numbers":"hash-2"}';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

const recordsOf = ({ runs, steps, calls, budgets, waits, deadLetters }: MemoryLedger) => ({
  runs,
  steps,
  calls,
  budgets,
  waits,
  deadLetters,
});

/** Where the API tells what it has to tell. */
function toldBy(system: VirtualSystem) {
  const looks = new MemoryWorkQueue(system, { visibilitySeconds: 30, maxReceiveCount: 12 });
  return {
    events: new MemoryEventLog(),
    inbox: new MemoryInbox(),
    tasks: new MemoryTaskCallback(),
    timers: new MemoryTimers(looks, system),
    /** Timers on their way to the router. */
    looks,
  };
}

/** The API as it is deployed, on memory adapters and virtual time. */
export function apiUnderTest(replace: (real: ApiDependencies) => ApiDependencies = (d) => d) {
  const system = new VirtualSystem();
  const ledger = new MemoryLedger();
  const orchestrator = new MemoryOrchestrator(['support', 'numbers'], system);
  const sent = toldBy(system);
  const { events } = sent;
  const dueRuns = new MemoryDueRuns();
  const readModel = new MemoryReadModel();
  const payloads = new MemoryPayloadStore();
  const { ports, queues, orders, outbox } = limitsInMemory(system, {
    agents: AGENTS,
    limits: QUOTAS,
  });
  const logged: unknown[] = [];
  const telemetry = { log: (...line: readonly unknown[]) => void logged.push(line) };
  const dependencies = replace({
    stage: 'test',
    workflows: deployedWorkflows([support, numbers], VERSIONS, telemetry),
    subscriptions: deployedSubscriptions([chatContract()], '{"chat":"rules-1"}', telemetry),
    rules: RULES,
    eventTypes: ['message.received', 'offer.made'],
    ...recordsOf(ledger),
    ...sent,
    dueRuns,
    orchestrator,
    readModel,
    payloads,
    ...ports,
    system,
    telemetry,
  });
  const handler = apiHandler(dependencies);

  /** Sends without letting virtual time pass. */
  const send = async (call: RestCall): Promise<Answer> => {
    const { statusCode, headers, multiValueHeaders, body } = await handler(
      restEvent(call),
      lambdaContext,
    );
    return {
      status: statusCode,
      headers: { ...headers, ...multiValueHeaders },
      body: JSON.parse(body),
    };
  };

  return {
    dependencies,
    system,
    ledger,
    dueRuns,
    orchestrator,
    ...sent,
    readModel,
    payloads,
    outbox,
    queues,
    orders,
    logged,
    handler,
    send,
    /** Sends, and lets as much time pass as the answer takes. */
    ask: (call: RestCall): Promise<Answer> => system.run(send(call)),
    /** What the reconciler does with everything that is due now. */
    reconcile: () =>
      system.run(
        reconcileRuns(
          { ...recordsOf(ledger), ...sent, dueRuns, orchestrator, system, telemetry },
          system.now() + 45_000,
        ),
      ),
    /** What the projector does with everything in the stream. */
    project: () => projectAll({ ledger, readModel, meter: ports.meter, system }, events),
  };
}

type Projecting = Pick<ProjectorPorts, 'readModel' | 'meter' | 'system'>;

const projectAll = (
  { ledger, ...ports }: Projecting & { readonly ledger: MemoryLedger },
  { events }: MemoryEventLog,
) => {
  const { deadLetters } = ledger;
  return projectEvents({ ...consumerPorts({ deadLetters }), ...ports }, kinesisBatch(events));
};

export const QUESTION = { query: 'What is a dead letter?', customerId: 'c-1' };

export const startCall = (
  headers: Readonly<Record<string, string>> = {},
  input: unknown = QUESTION,
): RestCall => ({
  method: 'POST',
  path: '/workflows/support/runs',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: typeof input === 'string' ? input : JSON.stringify(input),
});
