/**
 * Publishes and answers what is on record: steps 8 and 9 of the door.
 *
 * Invariants
 * Only a recorded outcome is published and answered, and its events are in the stream before the
 * answer goes out (R4). A stream that does not take them costs a redelivery, never an event.
 * Where nobody waits for an answer, the next attempt stands for it: it is sent where an answer would be
 * given, and again whenever the outcome is found again.
 * An answer that nobody waits for any more is done; one that could not be given brings the message
 * back, which finds the outcome on record and never runs again.
 */
import { type Failure, ThrottledError } from '../contracts/errors.ts';
import type { StepOutcome } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { letterOf } from '../core/dead-letter.ts';
import type { TaskAnswer } from '../ports.ts';
import type { Verdict } from './delivery.ts';
import type { FinishPorts } from './door-ports.ts';
import { parkStep } from './park-step.ts';
import { type CountMetric, logFields } from './telemetry.ts';

/** Answers an outcome that this worker has just recorded. */
export async function answerRecorded(
  ports: FinishPorts,
  message: TaskMessage,
  outcome: StepOutcome,
): Promise<Verdict> {
  const { result } = outcome;
  ports.telemetry.count(METRICS[result.status]);
  ports.telemetry.log('info', `the attempt has ${result.status}`, {
    ...logFields(message),
    ...(result.status !== 'succeeded' && {
      code: result.failure.code,
      failure: result.failure.message,
      fingerprint: result.failure.fingerprint,
    }),
  });
  return answerOutcome(ports, message, outcome);
}

const METRICS = {
  succeeded: 'AttemptsSucceeded',
  failed: 'AttemptsFailed',
  expired: 'AttemptsExpired',
  stopped: 'AttemptsStopped',
} as const satisfies Record<StepOutcome['result']['status'], CountMetric>;

/** Answers an outcome on record, whoever recorded it. */
export async function answerOutcome(
  ports: FinishPorts,
  message: TaskMessage,
  outcome: StepOutcome,
): Promise<Verdict> {
  const { taskToken } = message;
  const { result, events } = outcome;
  const letter = letterOf(message, outcome);
  if (letter) await parkStep(ports, message, letter);
  if (events.length > 0) await ports.events.append(events);
  if (taskToken === undefined) return goOn(ports, message, outcome);
  return answer(ports, message, () =>
    result.status === 'succeeded'
      ? ports.tasks.succeed({ taskToken, output: result.output })
      : ports.tasks.fail({
          taskToken,
          error: result.failure.name,
          cause: causeOf(result.failure, letter?.id),
        }),
  );
}

/** A reaction: nobody waits for its answer, and nobody else tries it again. */
async function goOn(
  ports: FinishPorts,
  message: TaskMessage,
  outcome: StepOutcome,
): Promise<Verdict> {
  if (outcome.result.status !== 'succeeded') {
    const { tryAgain } = await import('./try-again.ts');
    await tryAgain(ports, message, outcome);
  }
  return 'done';
}

/** Answers a message that the record of its step has no place for. */
export function refuseMessage(
  ports: FinishPorts,
  message: TaskMessage,
  failure: Failure,
): Promise<Verdict> {
  ports.telemetry.log('error', failure.message, { ...logFields(message), code: failure.code });
  const { taskToken } = message;
  if (taskToken === undefined) return Promise.resolve('done');
  return answer(ports, message, () =>
    ports.tasks.fail({ taskToken, error: failure.name, cause: causeOf(failure) }),
  );
}

/** What the workflow sees of a failure beside its name: JSON. */
export const causeOf = ({ name: _, ...failure }: Failure, deadLetter?: string): string =>
  JSON.stringify({ ...failure, ...(deadLetter !== undefined && { deadLetter }) });

async function answer(
  { telemetry }: FinishPorts,
  message: TaskMessage,
  send: () => Promise<TaskAnswer>,
): Promise<Verdict> {
  try {
    const answered = await send();
    if (answered === 'superseded') {
      telemetry.log('info', 'nobody waits for this answer any more', logFields(message));
    }
    return 'done';
  } catch (error) {
    if (!(error instanceof ThrottledError)) throw error;
    telemetry.log('warn', 'the answer was throttled; it is given at the next delivery', {
      ...logFields(message),
      error,
    });
    return 'later';
  }
}
