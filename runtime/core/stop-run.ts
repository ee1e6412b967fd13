/**
 * Stops a run: the order on its control record, and what the orchestrator is told.
 *
 * Boundary: pure; `lambda/api/stop-run.ts` performs it.
 * Invariants
 * R10. The order is on record before anything else is done: from then on, whoever is about to begin a
 *      call of the run tree finds it. What follows only ends sooner what would end by itself.
 * P1. A generation is stopped once: a repeat finds the first order and finishes what it has left.
 * P2. What has ended otherwise is not stopped any more; its end stays (R1).
 * P3. A request that names a generation stops none after it: one that is sent again, or comes late, does
 *     not stop what was resumed meanwhile.
 */
import type { RunEndRecord, RunRecord, StopOrder } from '../contracts/ledger.ts';
import type { TerminalStatus } from '../contracts/status.ts';
import { failure } from './failure.ts';
import { executionName } from './run-id.ts';

export type StopDecision =
  /** Write this record, then carry out its order. */
  | { readonly kind: 'order'; readonly record: RunRecord }
  /** An order is on record: carry it out again. */
  | { readonly kind: 'ordered' }
  /** Nothing is left to stop. */
  | { readonly kind: 'stopped' }
  /** It has ended otherwise. */
  | { readonly kind: 'ended'; readonly status: TerminalStatus }
  /** The named generation has ended, and the run goes on, or went on, in a later one. */
  | { readonly kind: 'followed' }
  /** There is no such generation yet. */
  | { readonly kind: 'unknown-generation' };

/** @param end of the current generation; `null` while none is known */
export function stopRun(
  record: RunRecord,
  { end, generation, reason, nowMs }: { readonly end: RunEndRecord | null } & Wish,
): StopDecision {
  if (generation !== null && generation < record.gen) return { kind: 'followed' };
  if (generation !== null && generation > record.gen) return { kind: 'unknown-generation' };
  if (end?.status === 'stopped') return { kind: 'stopped' };
  if (end) return { kind: 'ended', status: end.status };
  if (record.stop) return { kind: 'ordered' };
  const stop: StopOrder = { at: new Date(nowMs).toISOString(), reason };
  return { kind: 'order', record: { ...record, rev: record.rev + 1, stop } };
}

interface Wish {
  /** The generation to stop; `null`: the current one. */
  readonly generation: number | null;
  /** For people; empty when none was given. */
  readonly reason: string;
  readonly nowMs: number;
}

/** What ends the execution of a run with a stop order; the run's end carries it. */
export function stopOf(record: RunRecord & { readonly stop: StopOrder }): {
  readonly workflow: string;
  readonly executionName: string;
  readonly error: string;
  readonly cause: string;
} {
  const { code, name, message } = failure('STOPPED', stopText(record.stop));
  return {
    workflow: record.workflow,
    executionName: executionName(record.run, record.gen),
    error: name,
    cause: JSON.stringify({ code, message }),
  };
}

const stopText = ({ at, reason }: StopOrder): string =>
  reason === '' ? `the run was stopped at ${at}` : reason;
