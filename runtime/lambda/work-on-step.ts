import type { SignalboxEvent } from '../contracts/event.ts';
import type { PartialOutput, StepOutcome, StepRecord, StepResult } from '../contracts/ledger.ts';
import type { QuotaTicket } from '../contracts/quota.ts';
import { attemptOf } from '../contracts/task-message.ts';
import { attemptNumber, compareAttempts, failedBefore } from '../core/attempt.ts';
import { fractionOf } from '../core/backoff.ts';
import { LEASE_SECONDS } from '../core/claim-step.ts';
import { decidePostponed } from '../core/defer-step.ts';
import { deferralsOf, heldTurn } from '../core/deferral.ts';
import { elapsedMs } from '../core/elapsed.ts';
import { hardStop } from '../core/hard-stop.ts';
import type { StepState } from '../core/step.ts';
import { stepEnded, stepQueued, stepStarted } from '../core/step-events.ts';
import { deadlineOf } from '../core/step-fences.ts';
import { hasUntold, untoldEvents } from '../core/untold-events.ts';
import { answerRecorded } from './answer.ts';
import { Attempt } from './attempt.ts';
import { FenceClosedError, LeaseLostError } from './attempt-errors.ts';
import { deferAttempt } from './defer-attempt.ts';
import type { Delivery, Door, Verdict } from './delivery.ts';
import { EventJournal } from './event-journal.ts';
import { HeldStep } from './held-step.ts';
import { processGate } from './process-gate.ts';
import { readPartial } from './read-partial.ts';
import { recordEnd } from './record-end.ts';
import { type AttemptEnd, runAttempt } from './run-attempt.ts';
import type { RunPayloads } from './run-payloads.ts';
import { logFields } from './telemetry.ts';

/** A step in the hands of this worker. */
export interface Claimed {
  readonly record: StepRecord;
  /** The message's input, with what its references stand for. */
  readonly input: unknown;
  readonly payloads: RunPayloads;
}

/** Runs a claimed step, records how it ended, and answers: steps 7 to 9 of the door. */
export async function workOnStep(
  door: Door,
  delivery: Delivery,
  state: StepState,
  claimed: Claimed,
): Promise<Verdict> {
  const { steps, system } = door.ports;
  const held = new HeldStep(steps, claimed.record);
  try {
    return await work(door, delivery, state, claimed, held);
  } catch (error) {
    // What cannot be given back counts as the start of a worker that died.
    await held.release(system.now()).catch(() => undefined);
    throw error;
  }
}

async function work(
  door: Door,
  delivery: Delivery,
  state: StepState,
  { record: claimed, input, payloads }: Claimed,
  held: HeldStep,
): Promise<Verdict> {
  const { ports, keepAlive, sending } = door;
  const { message } = state;
  const journal = new EventJournal({ ...ports, sending });
  const attempt = attemptFor(door, state, claimed, { held, journal, input, payloads });
  announce(door, state, claimed, journal);
  keepAlive.hold(delivery.receiptHandle, {
    untilMs: () => held.leaseUntilMs,
    renew: (nowMs) => held.renew(nowMs),
    lose: (why) => attempt.abort(new LeaseLostError(why)),
  });
  const { record: before } = state;
  if (hasUntold(before, message)) {
    journal.add(...untoldEvents(before, await ports.calls.list(before), message));
    // Told before the code runs: a step that kills its workers at once would stay unseen until its end.
    await journal.flush();
  }
  const end = await runWatched(door, attempt);
  keepAlive.settle(delivery.receiptHandle);
  const unconfirmed = journal.close();
  const partial = await partialOf(door, attempt, state);
  ports.telemetry.measure('AttemptDuration', elapsedMs(state.nowMs, ports.system.now()));
  const recorded = await record(door, delivery, state, {
    claimed,
    held,
    end,
    tickets: attempt.turns.held,
    unconfirmed,
    partial,
  });
  if (recorded === 'deferred') return 'done';
  if (recorded !== 'lost') {
    sending.now();
    return answerRecorded(ports, message, recorded);
  }
  ports.telemetry.count('LeasesLost');
  ports.telemetry.log('warn', 'the step is held by another worker', logFields(message));
  return { seconds: LEASE_SECONDS };
}

function attemptFor(
  { ports, code, watch }: Door,
  { message, run }: StepState,
  claimed: StepRecord,
  own: Pick<Claimed, 'input' | 'payloads'> & {
    readonly held: HeldStep;
    readonly journal: EventJournal;
  },
): Attempt {
  const { calls, model, system, telemetry, budgets, pricing } = ports;
  return new Attempt({
    contract: code.contract,
    message,
    input: own.input,
    payloads: own.payloads,
    fence: claimed.fence,
    number: attemptNumber(claimed.outcomes, claimed.attempt),
    past: failedBefore(claimed.outcomes, claimed.attempt),
    deadlineMs: deadlineOf({ run, message }),
    origin: run?.forkedFrom ?? null,
    budget: run?.budget ? { limits: run.budget, budgets } : null,
    pricing: pricing ?? null,
    leaseUntilMs: () => own.held.leaseUntilMs,
    journal: own.journal,
    confirmRun: (signal) => watch.confirm(message.run.root, signal),
    lines: { gate: () => processGate(ports), limits: ports.limits, ...heldTurn(claimed) },
    calls,
    model,
    system,
    telemetry,
  });
}

function announce(
  { ports }: Door,
  { record, message, nowMs }: StepState,
  claimed: StepRecord,
  journal: EventJournal,
): void {
  const { fence, starts: start, outcomes, attempt } = claimed;
  const isFirst = isFirstClaim({ record, message });
  journal.add(
    stepQueued(message, attemptNumber(outcomes, attempt)),
    stepStarted(message, { fence, start, isFirst, atMs: nowMs }),
  );
  if (isFirst)
    ports.telemetry.measure('QueueWait', elapsedMs(Date.parse(message.step.enteredAt), nowMs));
}

/** Runs it until it ends, must end, or its run wants no more of it (R10). */
async function runWatched(
  { ports, code, watch, remainingMs }: Door,
  attempt: Attempt,
): Promise<AttemptEnd> {
  const { message, deadlineMs } = attempt.parts;
  const nowMs = ports.system.now();
  const stop = hardStop({ contract: code.contract, nowMs, deadlineMs, remainingMs: remainingMs() });
  const endWatch = watch.watch({
    message,
    close: (failure) => attempt.abort(new FenceClosedError(failure)),
  });
  return runAttempt(code, attempt, stop).finally(endWatch);
}

interface Ended {
  readonly claimed: StepRecord;
  readonly held: HeldStep;
  readonly end: AttemptEnd;
  /** Places in quotas' lines that it still holds. */
  readonly tickets: readonly QuotaTicket[];
  /** Events that the stream has not confirmed. */
  readonly unconfirmed: readonly SignalboxEvent[];
  /** The newest that any holder of the attempt had to show. */
  readonly partial: PartialOutput | null;
}

/** Records the end of an attempt: its outcome, or that it goes on later. */
async function record(
  door: Door,
  { body }: Delivery,
  state: StepState,
  { claimed, held, end, tickets, unconfirmed, partial }: Ended,
): Promise<StepOutcome | 'deferred' | 'lost'> {
  if (end === 'lost') return end;
  const { ports } = door;
  const { message } = state;
  const recordResult = (result: StepResult): Promise<StepOutcome | 'lost'> =>
    recordEnd(ports, held, {
      result,
      unconfirmed,
      outcomeOf: (last) => ({ ...outcomeOf(door, state, claimed, last), ...shown(last, partial) }),
    });
  if (end.status !== 'postponed') return recordResult(end);
  const next = decidePostponed({
    postponed: end,
    deferrals: deferralsOf(claimed, message),
    nowMs: ports.system.now(),
    deadlineMs: deadlineOf(state),
    fraction: fractionOf(ports.system.randomId()),
  });
  if (next.kind === 'end') return recordResult(next.result);
  return deferAttempt(ports, held, {
    body,
    message,
    postponed: end,
    next,
    tickets,
    unconfirmed,
  });
}

/** A holder that has shown nothing may have had one before it that did. */
async function partialOf(
  { ports }: Door,
  { partial: { latest }, parts: { message } }: Attempt,
  state: StepState,
): Promise<PartialOutput | null> {
  return latest ?? (isFirstClaim(state) ? null : await readPartial(ports.calls, message));
}

/** True when nobody has claimed this attempt before. How often it was started does not tell: claims are given back. */
const isFirstClaim = ({ record, message }: Pick<StepState, 'record' | 'message'>): boolean =>
  record === null || compareAttempts(record.attempt, attemptOf(message)) !== 0;

/** A success needs no partial output beside it. */
const shown = ({ status }: StepResult, partial: PartialOutput | null) =>
  status !== 'succeeded' && partial ? { partial } : {};

/** The outcome of an attempt that ends now, with the event of its end. */
function outcomeOf(
  { ports }: Door,
  { message, nowMs: startedMs }: StepState,
  { attempt, fence, outcomes }: StepRecord,
  result: StepResult,
): StepOutcome {
  const atMs = ports.system.now();
  const durationMs = elapsedMs(startedMs, atMs);
  const number = attemptNumber(outcomes, attempt);
  const ended = stepEnded(message, { fence, attempt: number, result, atMs, durationMs });
  const endedAt = new Date(atMs).toISOString();
  return { attempt, fence, endedAt, result, events: [ended] };
}
