import type {
  CallLedger,
  Dispatcher,
  EventLog,
  Inbox,
  ReactionsLedger,
  RunLedger,
  System,
  Timers,
} from '../../ports.ts';
import type { Telemetry } from '../telemetry.ts';

/** What reactions need from outside. */
export interface ReactPorts {
  readonly runs: RunLedger;
  readonly reactions: ReactionsLedger;
  readonly calls: Pick<CallLedger, 'read' | 'list'>;
  readonly inbox: Pick<Inbox, 'read'>;
  readonly dispatcher: Dispatcher;
  readonly timers: Timers;
  /** With the outbox behind it. */
  readonly events: EventLog;
  readonly system: Pick<System, 'now'>;
  readonly telemetry: Pick<Telemetry, 'log'>;
}
