/**
 * Step Functions → EventBridge → queue → here → event stream.
 *
 * Boundary: a batch of SQS records in, events out; the records that have to come again are named.
 * Invariants
 * U1. A change is acknowledged once its event is told and the end that it brings is on the run's record
 *     (`tell-status.ts`), or when there is nothing to say: an execution that is none of ours, a status
 *     that is none of a run's, a message that is none.
 * U2. Step Functions is asked about an execution of ours only for what its change came without, once
 *     per delivery: it answers few such questions a second.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { SignalboxError } from '../contracts/errors.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { RunRecord } from '../contracts/ledger.ts';
import { PLATFORM_NAMES } from '../contracts/names.ts';
import {
  completed,
  type ExecutionStatus,
  ExecutionStatusSchema,
  isIncomplete,
  statusEvent,
} from '../core/execution-status.ts';
import { describeIssues } from '../core/issues.ts';
import { parseJson } from '../core/parse-json.ts';
import { platformLetter } from '../core/platform-letter.ts';
import { parseExecutionName } from '../core/run-id.ts';
import type { DeadLetterStore, EventLog, ExecutionReader, RunLedger } from '../ports.ts';
import type { Telemetry } from './telemetry.ts';
import { tellStatus } from './tell-status.ts';

export interface RunStatusPorts {
  readonly runs: RunLedger;
  readonly events: EventLog;
  readonly deadLetters: DeadLetterStore;
  readonly executions: ExecutionReader;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** Descriptions are eventually consistent. */
class StaleDescriptionError extends SignalboxError {
  override readonly name = 'StaleDescriptionError';
  readonly code = 'DESCRIPTION_STALE';
}

export async function publishRunStatus(
  ports: RunStatusPorts,
  { Records: records }: SQSEvent,
): Promise<SQSBatchResponse> {
  const results = await Promise.allSettled(records.map((record) => publish(ports, record)));
  const failures = results.flatMap((result, i) => {
    if (result.status === 'fulfilled') return [];
    const messageId = records[i]?.messageId ?? '';
    ports.telemetry.log('error', 'a status change comes again', {
      messageId,
      error: result.reason instanceof Error ? result.reason : String(result.reason),
    });
    return [{ itemIdentifier: messageId }];
  });
  ports.telemetry.log('info', 'status changes published', {
    records: records.length,
    returned: failures.length,
  });
  return { batchItemFailures: failures };
}

async function publish(ports: RunStatusPorts, record: SQSRecord): Promise<void> {
  const status = await statusOf(ports, record);
  if (status) await tellStatus(ports, status.run, status.event);
}

async function statusOf(
  ports: RunStatusPorts,
  record: SQSRecord,
): Promise<{ readonly run: RunRecord; readonly event: SignalboxEvent } | null> {
  const parsed = z.safeParse(ExecutionStatusSchema, parseJson(record.body), {
    error: en().localeError,
  });
  if (!parsed.success) {
    await park(ports, record, `not a status change: ${describeIssues(parsed.error.issues)}`);
    return null;
  }
  const change = parsed.data.detail;
  const name = parseExecutionName(change.name);
  const run = name && (await ports.runs.read(name.run));
  if (!run) {
    ports.telemetry.log('warn', 'an execution that is no run of ours changed its status', {
      execution: change.name,
      status: change.status,
    });
    return null;
  }
  const whole = isIncomplete(change) ? await complete(ports, change) : change;
  const event = statusEvent(whole, { record: run, gen: name.gen });
  return event && { run, event };
}

/** @throws StaleDescriptionError, ThrottledError: the change comes again */
async function complete(
  { executions }: RunStatusPorts,
  change: ExecutionStatus,
): Promise<ExecutionStatus> {
  const description = await executions.describe(change.executionArn);
  // It is known for 90 days after its end; then there is nothing more to say.
  if (description === null) return change;
  const whole = completed(change, description);
  if (whole) return whole;
  throw new StaleDescriptionError(
    `execution ${change.name} has changed to ${change.status}, and is still described as ${description.status}; the change comes again`,
  );
}

async function park(ports: RunStatusPorts, record: SQSRecord, cause: string): Promise<void> {
  const { messageId: id, attributes, body } = record;
  const letter = platformLetter(
    PLATFORM_NAMES.publishRunStatus,
    { id, arrivedMs: Number(attributes.ApproximateFirstReceiveTimestamp), body },
    { code: 'MESSAGE_INVALID', cause },
  );
  ports.telemetry.log('error', 'a message cannot be read and was parked', {
    deadLetter: letter.id,
    cause,
  });
  await ports.deadLetters.park(letter);
}
