import type { APIGatewayProxyEvent } from 'aws-lambda';
import type {
  BudgetLedger,
  CallLedger,
  Checkpoints,
  DeadLetterStore,
  Dispatcher,
  DueRuns,
  EventLog,
  Inbox,
  LaneStore,
  Orchestrator,
  Outbox,
  PayloadStore,
  QueueDepths,
  QuotaLedger,
  ReadModelReader,
  ReplayLedger,
  RunLedger,
  StepLedger,
  StreamTail,
  System,
  TaskCallback,
  Timers,
  WaitLedger,
} from '../../ports.ts';
import type { Telemetry } from '../telemetry.ts';
import type { AdmissionPorts } from './admissions.ts';
import type { DeployedAgents, DeployedRules } from './deployed-agents.ts';
import type { DeployedSubscriptions, DeployedWorkflows } from './deployed-workflows.ts';

/** Everything that the API needs from outside. */
export interface ApiDependencies extends AdmissionPorts {
  readonly stage: string;
  readonly workflows: DeployedWorkflows;
  readonly subscriptions: DeployedSubscriptions;
  readonly rules: DeployedRules;
  /** Domain events that any contract declares. */
  readonly eventTypes: readonly string[];
  readonly runs: RunLedger;
  readonly steps: StepLedger;
  readonly calls: CallLedger;
  readonly budgets: BudgetLedger;
  readonly waits: WaitLedger;
  readonly inbox: Inbox;
  readonly deadLetters: Pick<DeadLetterStore, 'read' | 'list'>;
  readonly dueRuns: DueRuns;
  readonly orchestrator: Orchestrator;
  readonly tasks: TaskCallback;
  readonly events: EventLog;
  readonly readModel: ReadModelReader;
  readonly payloads: PayloadStore;
  readonly quotas: QuotaLedger;
  readonly agents: DeployedAgents;
  readonly queueDepths: QueueDepths;
  readonly outbox: Pick<Outbox, 'oldest'>;
  readonly checkpoints: Pick<Checkpoints, 'list'>;
  readonly lanes: Pick<LaneStore, 'list' | 'openOf'>;
  readonly tail: StreamTail;
  readonly replays: ReplayLedger;
  /** To the queues of consumers' replays, and of agents that react. */
  readonly dispatcher: Dispatcher;
  readonly timers: Timers;
  readonly system: System;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** A request on its route. */
export interface ApiRequest {
  readonly event: APIGatewayProxyEvent;
  readonly tenant: string;
  /** When it arrived, epoch milliseconds: callers' waits are counted from here. */
  readonly arrivedMs: number;
  /** The first parameter in the route's path, decoded; empty where the route has none. */
  readonly parameter: string;
  /** The second one. */
  readonly second: string;
}

export type RouteHandler = (request: ApiRequest) => Promise<Response>;
