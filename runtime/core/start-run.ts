/**
 * The decisions of the front door: what run a request makes, what a repeat of it means, and what is
 * left to do for a generation that was accepted.
 *
 * Job: pure decisions; `lambda/api/front-door.ts` performs them.
 * Boundary: no I/O. Requests come here checked: the input fits its schema, the deadline lies ahead.
 *
 * Invariants
 * R1. Everything that follows the first put (execution, event) is derived from the record alone, so
 *     whoever goes on after a crash does exactly what the first one would have done.
 * D1. The same tenant, workflow and key name the same run; another input under them is a conflict,
 *     never a second run.
 * D2. A caller's deadline may only shorten the workflow's own.
 * D3. Every generation is announced by one event, made of the record while that generation is the
 *     current one: the next one may begin only when nothing is left to do for it.
 */
import type { BudgetLimits } from '../contracts/budget.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { RunRecord } from '../contracts/ledger.ts';
import type { RunEnvelope } from '../contracts/task-message.ts';
import { platformEvent } from './event.ts';
import { hash } from './hash.ts';
import { boundedJson, RECORD_MAX_BYTES } from './limits.ts';
import { executionName } from './run-id.ts';
import { traceparentOf } from './traceparent.ts';
import { workDeadlineAt } from './wait/waited-deadline.ts';

export interface StartRequest {
  /** The id that tenant, workflow and key name, that of the place which is given back, or a random one. */
  readonly run: string;
  readonly tenant: string;
  readonly workflow: string;
  /** Hash of the definition that is deployed. */
  readonly defVersion: string;
  /** As the caller sent it: what a repeat is compared with. */
  readonly sent: unknown;
  /** As the schema made it (defaults filled in): what the workflow sees. */
  readonly input: unknown;
  readonly tags: Readonly<Record<string, string>>;
  /** Longest life of the run, from its contract. */
  readonly deadlineSeconds: number;
  /** What it may spend, from its contract. */
  readonly budget?: BudgetLimits;
  /** Epoch milliseconds; `null` when the caller sets none. */
  readonly deadlineMs: number | null;
  /** `null` when the caller has none, or one that is not valid. */
  readonly traceparent: string | null;
}

/** How a run was let in. */
export interface Admitted {
  /** Predicted, at the bottleneck. */
  readonly waitSeconds: number;
  readonly lane?: 'fast';
}

const AT_ONCE: Admitted = { waitSeconds: 0 };

/** The record that is put first, if no other is there. */
export function newRun(
  request: StartRequest,
  nowMs: number,
  { waitSeconds, lane }: Admitted = AT_ONCE,
): RunRecord {
  const { run, tenant, workflow, defVersion, sent, input, tags, traceparent, budget } = request;
  const ownDeadlineMs = nowMs + request.deadlineSeconds * 1000;
  const deadlineMs = Math.min(ownDeadlineMs, request.deadlineMs ?? ownDeadlineMs);
  return {
    run,
    rev: 1,
    root: run,
    gen: 0,
    tenant,
    workflow,
    defVersion,
    input,
    inputHash: hash(sent),
    tags,
    traceparent: traceparent ?? traceparentOf(run),
    acceptedAt: new Date(nowMs).toISOString(),
    deadlineAt: new Date(deadlineMs).toISOString(),
    progress: 'accepted',
    ...(waitSeconds > 0 && { predictedWaitMs: Math.round(waitSeconds * 1000) }),
    ...(lane && { lane }),
    ...(budget && { budget }),
  };
}

/** Whether a request that found `record` under its run id asks for that very run (D1). */
export const isRepeat = (record: RunRecord, { sent }: Pick<StartRequest, 'sent'>): boolean =>
  record.inputHash === hash(sent);

/** What a record grows by until its generation is over: a stop, with the longest reason, and an end. */
const ROOM_TO_END_BYTES = 4 * 1024;

/**
 * Refuses a generation that could be accepted, but neither stopped nor ended (R1).
 * @throws TooLargeError
 */
export function refuseFull(record: RunRecord): void {
  boundedJson(`the record of run ${record.run}`, record, RECORD_MAX_BYTES - ROOM_TO_END_BYTES);
}

/** What is left to do for an accepted run, in this order; doing any of it twice changes nothing. */
export type StartStep = 'start-execution' | 'announce' | 'tell-inbox';

/** A reactive run has no execution; what it begins with is in its inbox. */
export function leftToDo({ progress, kind }: RunRecord): readonly StartStep[] {
  if (progress === 'announced') return [];
  return kind === 'reactive' ? ['announce', 'tell-inbox'] : ['start-execution', 'announce'];
}

/** What Step Functions is asked to run. */
export const executionOf = (
  record: RunRecord,
): { readonly workflow: string; readonly executionName: string; readonly input: unknown } => ({
  workflow: record.workflow,
  executionName: executionName(record.run, record.gen),
  input: { sb: envelopeOf(record), input: record.input },
});

/** At most 2 KiB by the limits of its parts. */
export const envelopeOf = (record: RunRecord): RunEnvelope => ({
  id: record.run,
  root: record.root,
  gen: record.gen,
  tenant: record.tenant,
  workflow: record.workflow,
  defVersion: record.defVersion,
  deadlineAt: workDeadlineAt(record),
  traceparent: record.traceparent,
  ...(record.lane && { lane: record.lane }),
  ...(record.forkedFrom && { forkedFrom: record.forkedFrom.run }),
});

/** When the current generation was accepted; ISO 8601. */
export const acceptedAt = ({ acceptedAt, resumedAt }: RunRecord): string => resumedAt ?? acceptedAt;

/** The event that tells the world of the current generation; the same whenever it is made, so sending it again does no harm. */
export const acceptedEvent = (record: RunRecord): SignalboxEvent => {
  const { run, root, gen, tenant, workflow, traceparent, inputHash, tags } = record;
  const { forkedFrom, resumeReason, predictedWaitMs, lane } = record;
  return platformEvent(
    { source: 'signalbox/api', run, root, gen, tenant, workflow, traceparent, fence: 0 },
    {
      type: 'signalbox.run.accepted',
      atMs: Date.parse(acceptedAt(record)),
      data: {
        inputHash,
        tags,
        deadlineAt: workDeadlineAt(record),
        ...(gen === 0 && predictedWaitMs !== undefined && { predictedWaitMs }),
        ...(lane && { lane }),
        ...(forkedFrom && { forkedFrom: { run: forkedFrom.run, from: forkedFrom.from } }),
        ...(resumeReason !== undefined && { reason: resumeReason }),
      },
    },
  );
};
