import type {
  EventLog,
  Inbox,
  RunLedger,
  StepLedger,
  System,
  TaskCallback,
  WaitLedger,
} from '../../ports.ts';
import type { Telemetry } from '../telemetry.ts';

/** What it takes to end a wait. */
export interface WaitPorts {
  readonly steps: Pick<StepLedger, 'read' | 'put'>;
  readonly waits: WaitLedger;
  readonly runs: RunLedger;
  readonly inbox: Pick<Inbox, 'list'>;
  readonly events: EventLog;
  readonly tasks: TaskCallback;
  readonly system: Pick<System, 'now'>;
  readonly telemetry: Pick<Telemetry, 'log'>;
}
