/**
 * Looks after the waits of a run: what a crash left is finished, what nobody can answer any more is ended.
 *
 * Invariants
 * R1. A wait whose time is over, or whose run has ended, does not stay open. The reconciler comes by twice:
 *     before, to order the timer at which the router closes it, and afterwards, should that have got lost.
 */
import type { RunRecord } from '../../contracts/ledger.ts';
import { type OpenWait, WAIT_GRACE_SECONDS } from '../../contracts/wait.ts';
import { timerFor } from '../../core/react/timer.ts';
import { recordedEnd } from '../../core/resume-run.ts';
import { expired, left, resultOfEvent, wanted } from '../../core/wait/wait-events.ts';
import type { System, Timers } from '../../ports.ts';
import { endWait, type WaitEnd } from './end-wait.ts';
import type { WaitPorts } from './wait-ports.ts';

/**
 * @param run as it was read just now
 * @returns the waits that go on
 */
export async function lookAfterWaits(
  ports: WaitPorts,
  run: RunRecord,
): Promise<readonly OpenWait[]> {
  const record = await ports.waits.read(run.run);
  const goingOn: OpenWait[] = [];
  for (const wait of record?.open ?? []) {
    if ((await lookAfter(ports, run, wait)) === null) goingOn.push(wait);
  }
  return goingOn;
}

async function lookAfter(ports: WaitPorts, run: RunRecord, wait: OpenWait) {
  const taken = wait.takes === undefined ? null : await takenEvent(ports, run, wait.takes);
  if (taken) return endWait(ports, wait, { result: resultOfEvent(wait, taken) });
  const end = overdue(ports, wait) ?? withoutRun(run);
  return endWait(ports, wait, end, { isAnswered: end === null });
}

const takenEvent = async ({ inbox }: WaitPorts, { run }: RunRecord, id: string) =>
  (await inbox.list(run)).find((event) => event.id === id) ?? null;

/** Step Functions has ended the task by then: it counts from the same instant. */
const overdue = ({ system }: WaitPorts, wait: OpenWait): WaitEnd | null =>
  system.now() >= closesAtMs(wait) ? { result: expired(wait, wanted(wait)) } : null;

const withoutRun = (run: RunRecord): WaitEnd | null => {
  const end = recordedEnd(run);
  return end && { result: left(end.status) };
};

/** When nothing more can come of a wait; epoch milliseconds. */
const closesAtMs = ({ until }: Pick<OpenWait, 'until'>): number =>
  Date.parse(until) + (WAIT_GRACE_SECONDS + 5) * 1000;

/** Two rounds of the reconciler: one of them may be late. */
const AHEAD_MS = 120_000;

/** When the reconciler has to come by a wait; epoch milliseconds. */
export const looksAtMs = (wait: OpenWait): readonly number[] => [
  closesAtMs(wait) - AHEAD_MS,
  closesAtMs(wait),
];

/** Has the router close a wait in time that closes soon; a timer further ahead would have to be put again and again. */
export async function orderClosing(
  { timers, system }: { readonly timers: Timers; readonly system: Pick<System, 'now'> },
  wait: OpenWait,
): Promise<void> {
  const dueAtMs = closesAtMs(wait);
  if (dueAtMs - system.now() > AHEAD_MS) return;
  await timers.put(timerFor({ run: wait.message.run.id, dueAtMs }));
}
