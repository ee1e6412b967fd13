import type {
  CallLedger,
  DeadLetterStore,
  EventLog,
  ModelProvider,
  PayloadStore,
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
  readonly deadLetters: DeadLetterStore;
  readonly events: EventLog;
  readonly queue: WorkQueue;
  readonly tasks: TaskCallback;
  readonly model: ModelProvider;
  readonly payloads: PayloadStore;
  readonly system: System;
  readonly telemetry: Telemetry;
}

/** What it takes to end a step without running it. */
export type FinishPorts = Pick<
  DoorPorts,
  'steps' | 'calls' | 'deadLetters' | 'events' | 'tasks' | 'system' | 'telemetry'
>;
