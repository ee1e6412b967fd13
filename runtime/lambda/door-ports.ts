import type { QuotaLimits } from '../contracts/quota.ts';
import type { Pricing } from '../core/price.ts';
import type {
  BudgetLedger,
  CallLedger,
  DeadLetterStore,
  EventLog,
  ModelProvider,
  PayloadStore,
  QuotaLedger,
  StepLedger,
  System,
  TaskCallback,
  WorkQueue,
} from '../ports.ts';
import type { Telemetry } from './telemetry.ts';

/** Everything that the door of an agent needs from outside. */
export interface DoorPorts {
  readonly steps: StepLedger;
  readonly calls: CallLedger;
  readonly budgets: BudgetLedger;
  readonly deadLetters: DeadLetterStore;
  readonly events: EventLog;
  readonly queue: WorkQueue;
  readonly tasks: TaskCallback;
  readonly model: ModelProvider;
  /** Absent: the stage knows no prices. */
  readonly pricing?: Pricing;
  readonly payloads: PayloadStore;
  readonly quotas: QuotaLedger;
  /** Of quotas, by name: as the stage configures them. A quota without limits holds nothing back. */
  readonly limits: Readonly<Record<string, QuotaLimits>>;
  readonly system: System;
  readonly telemetry: Telemetry;
}

/** What it takes to end a step without running it. */
export type FinishPorts = Pick<
  DoorPorts,
  'steps' | 'calls' | 'deadLetters' | 'events' | 'tasks' | 'system' | 'telemetry'
> & {
  /** The step's agent's: a reaction goes on with a message of its own. */
  readonly queue: Pick<WorkQueue, 'send'>;
};
