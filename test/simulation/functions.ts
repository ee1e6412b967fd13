/**
 * The platform's functions and the agents', each in a container: real handlers, and ports that lead
 * through everything that may go wrong.
 */
import '../support/late-calls.ts';
import '../support/late-routes.ts';
import '#runtime/lambda/run-budget.ts';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { MemoryDispatcher } from '#runtime/adapters/memory/dispatcher.ts';
import { MemoryTimers } from '#runtime/adapters/memory/timers.ts';
import { type ApiHandler, apiHandler } from '#runtime/lambda/api/api-handler.ts';
import type { DeployedWorkflows } from '#runtime/lambda/api/deployed-workflows.ts';
import { handleBatch } from '#runtime/lambda/door.ts';
import { projectEvents } from '#runtime/lambda/project-events.ts';
import { publishRunStatus } from '#runtime/lambda/publish-run-status.ts';
import { reconcile } from '#runtime/lambda/reconcile.ts';
import { settleDeadLetters } from '#runtime/lambda/settle-dead-letters.ts';
import { StreamOrOutbox } from '#runtime/lambda/stream-or-outbox.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import type { EventLog, ReadModelReader } from '#runtime/ports.ts';
import { support } from '../../functions/support/contracts.ts';
import { simulatedAgents, simulatedModel, witnessed } from './agents.ts';
import type { Container } from './container.ts';
import { SIMULATED_WORKFLOWS } from './contracts.ts';
import type { Instance } from './lambda.ts';
import type { SimulatedQueue } from './queue.ts';
import { talkAgents } from './reactive/agents.ts';
import { deployedTalk, talk } from './reactive/contracts.ts';
import type { Services } from './services.ts';

const STAGE = 'test';

const SUBSCRIPTIONS = new Map([[talk.name, { contract: talk, defVersion: deployedTalk.version }]]);

const DECLARED = {
  rules: { [talk.name]: deployedTalk.rules.map(({ name }) => name) },
  eventTypes: Object.keys(talk.events),
};

const WORKFLOWS: DeployedWorkflows = new Map(
  [...SIMULATED_WORKFLOWS, support].map((contract) => [
    contract.name,
    { contract, defVersion: 'v1' },
  ]),
);

/** What every function has, reached from its container. */
function portsOf(services: Services, container: Container) {
  const { ledger, stream, outbox, dueRuns, payloads, stepFunctions } = services;
  const { system } = container;
  const { steps, calls, runs, budgets, waits, reactions, quotas, deadLetters } = ledger.ports(
    container.name,
  );
  const streamPort = container.reach('stream', stream.writer(container.name));
  const outboxPort = container.reach('ledger', outbox.port(container.name));
  return {
    steps: container.reach('ledger', steps),
    calls: container.reach('ledger', calls),
    runs: container.reach('ledger', runs),
    budgets: container.reach('ledger', budgets),
    waits: container.reach('ledger', waits),
    reactions: container.reach('ledger', reactions),
    inbox: container.reach('ledger', ledger.inbox),
    timers: container.reach('queue', new MemoryTimers(services.timers, system)),
    quotas: container.reach('ledger', quotas),
    deadLetters: container.reach('ledger', deadLetters),
    dueRuns: container.reach('ledger', dueRuns),
    payloads: container.reach('payloads', payloads),
    orchestrator: container.reach('orchestrator', stepFunctions.orchestrator),
    executions: container.reach('orchestrator', stepFunctions.reader),
    tasks: container.reach('orchestrator', stepFunctions.callback(container.name)),
    stream: streamPort,
    outbox: outboxPort,
    events: new StreamOrOutbox({
      stream: streamPort,
      outbox: outboxPort,
      system,
      telemetry: SILENT,
    }),
    system,
    telemetry: SILENT,
  };
}

/** What a follower of the stream has beside that. */
export const followerPorts = (services: Services, container: Container) => ({
  ...portsOf(services, container),
  lanes: container.reach('ledger', services.lanes.port(container.name)),
  checkpoints: container.reach('ledger', services.checkpoints),
  readModel: container.reach('read-model', services.readModel),
  meter: container.reach('read-model', services.limits.meter),
});

export function bootAgent(
  services: Services,
  container: Container,
  agent: string,
  queue: SimulatedQueue,
): Instance {
  const { outside, faults, evidence } = services;
  const stage = { container, outside, faults, evidence, limits: services.quotaLimits };
  const talking = talkAgents(stage).find(({ contract }) => contract.name === agent);
  const code = talking ? witnessed(stage, talking) : simulatedAgents(stage).get(agent);
  if (!code) throw new TypeError(`no agent "${agent}"`);
  const ports = {
    ...portsOf(services, container),
    queue: container.reach('queue', queue),
    model: simulatedModel(stage),
    limits: services.quotaLimits,
  };
  return { container, handle: (event, context) => handleBatch(code, ports, event, context) };
}

export function bootRunStatus(services: Services, container: Container): Instance {
  const ports = portsOf(services, container);
  return { container, handle: (event) => publishRunStatus(ports, event) };
}

export function bootDeadLetters(services: Services, container: Container): Instance {
  const dispatcher = container.reach('queue', new MemoryDispatcher(services.queues));
  const ports = { ...portsOf(services, container), dispatcher };
  const place = { stage: STAGE, retentionHours: 24 };
  return { container, handle: (event) => settleDeadLetters(ports, place, event) };
}

export const project = (
  services: Services,
  container: Container,
  batch: KinesisStreamEvent,
): Promise<KinesisStreamBatchResponse> =>
  projectEvents(
    {
      ...followerPorts(services, container),
    },
    batch,
  );

/** One round of what is done every minute. */
export const reconcileOnce = (services: Services, container: Container): Promise<void> =>
  reconcile(portsOf(services, container));

export const bootApi = (
  services: Services,
  container: Container,
  readModel: ReadModelReader,
): ApiHandler =>
  apiHandler({
    stage: STAGE,
    workflows: WORKFLOWS,
    subscriptions: SUBSCRIPTIONS,
    ...DECLARED,
    readModel,
    ...services.limits,
    ...portsOf(services, container),
  });

/** The API, reached from nowhere in particular: nothing goes wrong on the way. */
export function calmApi(services: Services, readModel: ReadModelReader): ApiHandler {
  const { ledger, dueRuns, payloads, stepFunctions, system, limits } = services;
  const events: EventLog = { append: async () => undefined };
  return apiHandler({
    stage: STAGE,
    workflows: WORKFLOWS,
    subscriptions: SUBSCRIPTIONS,
    ...DECLARED,
    ...ledger.memory,
    ...limits,
    inbox: ledger.inbox,
    timers: new MemoryTimers(services.timers, system),
    dueRuns,
    payloads,
    orchestrator: stepFunctions.orchestrator,
    tasks: stepFunctions.callback('calm'),
    events,
    readModel,
    system,
    telemetry: SILENT,
  });
}
