import type { TaskMessage } from '../contracts/task-message.ts';
import { attemptOf } from '../contracts/task-message.ts';
import { attemptText } from '../core/attempt.ts';

/**
 * What the door says about itself to its operators.
 *
 * Rule: no task token, prompt, input or output ever goes into a field. Metrics have the dimensions
 * service and stage only; a run id is a log field, never a dimension.
 */
export interface Telemetry {
  log(level: 'info' | 'warn' | 'error', message: string, fields?: LogFields): void;
  count(metric: CountMetric): void;
  measure(metric: TimeMetric, milliseconds: number): void;
  /** Writes out what was counted and measured since the last time. */
  flush(): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

export type CountMetric =
  | 'AttemptsSucceeded'
  | 'AttemptsFailed'
  | 'AttemptsExpired'
  | 'AttemptsStopped'
  | 'AttemptsDeferred'
  | 'LeasesLost'
  | 'MessagesParked'
  | 'MessagesReturned'
  | 'SpanExportsRejected';

/** `QueueWait`: from entering the state to the first claim. `AttemptDuration`: from claim to end. */
type TimeMetric = 'QueueWait' | 'AttemptDuration';

/** Says nothing: for tests and the test kit. */
export const SILENT: Telemetry = {
  log: () => undefined,
  count: () => undefined,
  measure: () => undefined,
  flush: () => undefined,
};

/** What finds every line about a message again. */
export const logFields = (message: TaskMessage): LogFields => ({
  run: message.run.id,
  path: message.step.path,
  gen: message.run.gen,
  attempt: attemptText(attemptOf(message)),
});
