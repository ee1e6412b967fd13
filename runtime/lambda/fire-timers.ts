/**
 * Timers → looks at runs.
 *
 * Boundary: a batch of SQS records in; the records that have to come again are named.
 * Invariants
 * T1. A timer that comes before its time, because it lies further ahead than a queue holds anything back,
 *     is put again before it is acknowledged. A look that comes twice does nothing the second time.
 * R8. A look that fails delays only its own run: its timer comes again.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { PLATFORM_NAMES } from '../contracts/names.ts';
import { platformLetter } from '../core/platform-letter.ts';
import { type RunTimer, readTimer, timerFor } from '../core/react/timer.ts';
import type { DeadLetterStore } from '../ports.ts';
import { lookAtRun } from './react/look-at-run.ts';
import type { ReactPorts } from './react/react-ports.ts';
import type { Subscribed } from './subscribed.ts';
import type { WaitPorts } from './wait/wait-ports.ts';

export type TimerPorts = ReactPorts &
  WaitPorts & { readonly deadLetters: Pick<DeadLetterStore, 'park'> };

export async function fireTimers(
  ports: TimerPorts,
  subscribed: Subscribed,
  { Records: records }: SQSEvent,
): Promise<SQSBatchResponse> {
  const timers = records.map((record) => ({ record, timer: readTimer(record.body) }));
  const looks = new Map<string, Promise<void>>();
  const fates = await Promise.allSettled(
    timers.map(async ({ record, timer }) => {
      if (timer === null) return park(ports, record);
      if (ports.system.now() < timer.dueAtMs) return ports.timers.put(timerFor(timer));
      return lookOnce(looks, timer, () => lookAtRun(ports, subscribed, timer.run));
    }),
  );
  const failures = fates.flatMap((fate, i) => {
    const { record, timer } = timers[i] ?? {};
    if (fate.status === 'fulfilled' || !record) return [];
    ports.telemetry.log('error', 'a run could not be looked at; its timer comes again', {
      run: timer?.run,
      error: fate.reason,
    });
    return [{ itemIdentifier: record.messageId }];
  });
  return { batchItemFailures: failures };
}

/** Several timers of one run in a batch ask for one look. */
function lookOnce(
  looks: Map<string, Promise<void>>,
  { run }: RunTimer,
  look: () => Promise<void>,
): Promise<void> {
  const begun = looks.get(run) ?? look();
  looks.set(run, begun);
  return begun;
}

async function park(ports: TimerPorts, record: SQSRecord): Promise<void> {
  const { messageId: id, attributes, body } = record;
  const cause = 'not a timer: allowed is a JSON object with run and dueAtMs';
  const letter = platformLetter(
    PLATFORM_NAMES.routeEvents,
    { id, arrivedMs: Number(attributes.ApproximateFirstReceiveTimestamp), body },
    { code: 'MESSAGE_INVALID', cause },
  );
  ports.telemetry.log('error', 'a message cannot be read and was parked', {
    deadLetter: letter.id,
    cause,
  });
  await ports.deadLetters.park(letter);
}
