/**
 * What a status change of an execution means for its run.
 *
 * Boundary: pure. The change comes from Step Functions by way of EventBridge, mostly, at least once and
 * in any order, or is read out of the execution's description; facts of the run come from the ledger's
 * record.
 * Invariants
 * R1. One change gives one event with one id and one content, however often it is delivered (V4).
 * R2. Every end of an execution gives an event that the stream takes: an output that an event cannot
 *     carry is left out.
 */
import * as z from 'zod/mini';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { RunRecord } from '../contracts/ledger.ts';
import type { ExecutionDescription } from '../ports.ts';
import { type EventScope, platformEvent } from './event.ts';
import { whyUnstorable } from './storable.ts';

const text = z.nullish(z.string());

/** EventBridge's "Step Functions Execution Status Change", as far as it is used. */
export const ExecutionStatusSchema = z.object({
  detail: z.object({
    executionArn: z.string(),
    name: z.string(),
    status: z.string(),
    /** Epoch milliseconds. */
    startDate: z.number(),
    stopDate: z.nullish(z.number()),
    /** JSON; `null` when it has more than 248 KiB. */
    output: text,
    /** Clouds differ in whether a change carries these two. */
    error: text,
    cause: text,
  }),
});
export type ExecutionStatus = z.infer<typeof ExecutionStatusSchema>['detail'];

/** True for a change that came without what its event is made of: a success's output, another end's error. */
export const isIncomplete = ({ status, output, error }: ExecutionStatus): boolean =>
  status === 'SUCCEEDED' ? isMissing(output) : isBadEnd(status) && isMissing(error);

const isMissing = (part: string | null | undefined): boolean => part === null || part === undefined;

/** The change with what the execution's description knows more; `null` when the two are of different moments. */
export function completed(
  change: ExecutionStatus,
  { status, output, error, cause }: ExecutionDescription,
): ExecutionStatus | null {
  return status === change.status ? { ...change, output, error, cause } : null;
}

/** Errors that end a run otherwise than by a failure. */
const STATUS_BY_ERROR: Readonly<Record<string, 'expired' | 'stopped'>> = {
  'States.Timeout': 'expired',
  'Agent.DeadlineExceeded': 'expired',
  'Agent.Stopped': 'stopped',
};

const ENDED_BADLY = {
  FAILED: { status: 'failed', error: 'States.Failed' },
  TIMED_OUT: { status: 'expired', error: 'States.Timeout' },
  ABORTED: { status: 'stopped', error: 'States.Aborted' },
} as const;

/** The run's event for a change; `null` for a status that says nothing about the run (PENDING_REDRIVE). */
export function statusEvent(
  change: ExecutionStatus,
  { record, gen }: { readonly record: RunRecord; readonly gen: number },
): SignalboxEvent | null {
  const scope = scopeOf(record, gen);
  const { status, startDate, stopDate } = change;
  if (status === 'RUNNING') {
    return platformEvent(scope, { type: 'signalbox.run.started', atMs: startDate, data: {} });
  }
  const atMs = stopDate ?? startDate;
  const durationMs = Math.max(0, atMs - startDate);
  if (status === 'SUCCEEDED') {
    const succeeded = (output: unknown): SignalboxEvent =>
      platformEvent(scope, {
        type: 'signalbox.run.succeeded',
        atMs,
        data: { durationMs, output },
      });
    const event = succeeded(parseOutput(change.output));
    return whyUnstorable(event) === null ? event : succeeded(undefined);
  }
  if (!isBadEnd(status)) return null;
  const error = change.error ?? ENDED_BADLY[status].error;
  const outcome = STATUS_BY_ERROR[error] ?? ENDED_BADLY[status].status;
  const data = { durationMs, error, cause: change.cause ?? '' };
  return platformEvent(scope, { type: `signalbox.run.${outcome}`, atMs, data });
}

/**
 * The events of an execution's changes so far, made of its description: the same ones that the changes
 * themselves make, whichever of the two arrives.
 */
export function describedEvents(
  description: ExecutionDescription,
  of: { readonly record: RunRecord; readonly gen: number },
): readonly SignalboxEvent[] {
  const { startMs, stopMs, ...rest } = description;
  const change = { executionArn: '', name: '', startDate: startMs, stopDate: stopMs, ...rest };
  const began = statusEvent({ ...change, status: 'RUNNING' }, of);
  const ended = description.status === 'RUNNING' ? null : statusEvent(change, of);
  return [began, ended].filter((event) => event !== null);
}

const isBadEnd = (status: string): status is keyof typeof ENDED_BADLY =>
  Object.hasOwn(ENDED_BADLY, status);

const scopeOf = (record: RunRecord, gen: number): EventScope => ({
  source: 'signalbox/run-status',
  run: record.run,
  root: record.root,
  gen,
  tenant: record.tenant,
  workflow: record.workflow,
  traceparent: record.traceparent,
  fence: 0,
});

/** `undefined` when the change came without it; text that is not JSON is kept as it is. */
function parseOutput(output: string | null | undefined): unknown {
  if (output === null || output === undefined) return undefined;
  try {
    return JSON.parse(output);
  } catch {
    return output;
  }
}
