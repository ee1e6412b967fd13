import type { StepOutcome, StepRecord, StepResult } from '../contracts/ledger.ts';
import { attemptNumber, failuresBefore } from '../core/attempt.ts';
import { LEASE_SECONDS } from '../core/claim-step.ts';
import { elapsedMs } from '../core/elapsed.ts';
import { hardStop } from '../core/hard-stop.ts';
import type { StepState } from '../core/step.ts';
import { stepEnded, stepQueued, stepStarted } from '../core/step-events.ts';
import { deadlineOf } from '../core/step-fences.ts';
import { hasUntold, untoldEvents } from '../core/untold-events.ts';
import { answerRecorded } from './answer.ts';
import { Attempt } from './attempt.ts';
import { LeaseLostError } from './attempt-errors.ts';
import type { Delivery, Door, Verdict } from './delivery.ts';
import { EventJournal } from './event-journal.ts';
import { HeldStep } from './held-step.ts';
import { recordEnd } from './record-end.ts';
import { runAttempt } from './run-attempt.ts';
import { logFields } from './telemetry.ts';

/** Runs a claimed step, records how it ended, and answers: steps 7 to 9 of the door. */
export async function workOnStep(
  door: Door,
  delivery: Delivery,
  state: StepState,
  claimed: StepRecord,
): Promise<Verdict> {
  const { ports, keepAlive } = door;
  const { message } = state;
  const held = new HeldStep(ports.steps, claimed);
  const journal = new EventJournal(ports);
  const attempt = attemptFor(door, state, claimed, { held, journal });
  announce(door, state, claimed, journal);
  keepAlive.hold(delivery.receiptHandle, {
    untilMs: () => held.leaseUntilMs,
    renew: (nowMs) => held.renew(nowMs),
    lose: (why) => attempt.abort(new LeaseLostError(why)),
  });
  const { record: before } = state;
  if (hasUntold(before)) {
    journal.add(...untoldEvents(before, await ports.calls.list(before)));
  }
  const result = await runToTheEnd(door, attempt);
  keepAlive.settle(delivery.receiptHandle);
  const unconfirmed = journal.close();
  ports.telemetry.measure('AttemptDuration', elapsedMs(state.nowMs, ports.system.now()));
  const stored =
    result === 'lost'
      ? result
      : await recordEnd(ports, held, {
          result,
          unconfirmed,
          outcomeOf: (end) => outcomeOf(door, state, claimed, end),
        });
  if (stored !== 'lost') return answerRecorded(ports, message, stored);
  ports.telemetry.count('LeasesLost');
  ports.telemetry.log('warn', 'the step is held by another worker', logFields(message));
  return { seconds: LEASE_SECONDS };
}

function attemptFor(
  { ports, code }: Door,
  { message, run }: StepState,
  claimed: StepRecord,
  own: { readonly held: HeldStep; readonly journal: EventJournal },
): Attempt {
  const { calls, model, system, telemetry } = ports;
  return new Attempt({
    contract: code.contract,
    message,
    fence: claimed.fence,
    number: attemptNumber(claimed.outcomes, claimed.attempt),
    failures: failuresBefore(claimed.outcomes, claimed.attempt),
    deadlineMs: deadlineOf({ run, message }),
    leaseUntilMs: () => own.held.leaseUntilMs,
    journal: own.journal,
    calls,
    model,
    system,
    telemetry,
  });
}

function announce(
  { ports }: Door,
  { message, nowMs }: StepState,
  claimed: StepRecord,
  journal: EventJournal,
): void {
  const { fence, starts: start, outcomes, attempt } = claimed;
  journal.add(
    stepQueued(message, attemptNumber(outcomes, attempt)),
    stepStarted(message, { fence, start, atMs: nowMs }),
  );
  if (start === 1)
    ports.telemetry.measure('QueueWait', elapsedMs(Date.parse(message.step.enteredAt), nowMs));
}

function runToTheEnd(
  { ports, code, remainingMs }: Door,
  attempt: Attempt,
): Promise<StepResult | 'lost'> {
  const { deadlineMs } = attempt.parts;
  const nowMs = ports.system.now();
  const stop = hardStop({ contract: code.contract, nowMs, deadlineMs, remainingMs: remainingMs() });
  return runAttempt(code, attempt, stop);
}

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
