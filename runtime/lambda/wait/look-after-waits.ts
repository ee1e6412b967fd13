/**
 * Looks after the waits of a run: what a crash left is finished, what nobody can answer any more is ended.
 *
 * Invariants
 * R1. A wait whose time is over, or whose run has ended, does not stay open.
 */
import type { RunRecord } from '../../contracts/ledger.ts';
import { type OpenWait, WAIT_GRACE_SECONDS } from '../../contracts/wait.ts';
import { recordedEnd } from '../../core/resume-run.ts';
import { expired, left, resultOfEvent, wanted } from '../../core/wait/wait-events.ts';
import { endWait, type WaitEnd } from './end-wait.ts';
import type { WaitPorts } from './wait-ports.ts';

/** @param run as it was read just now */
export async function lookAfterWaits(ports: WaitPorts, run: RunRecord): Promise<void> {
  const record = await ports.waits.read(run.run);
  for (const wait of record?.open ?? []) await lookAfter(ports, run, wait);
}

async function lookAfter(ports: WaitPorts, run: RunRecord, wait: OpenWait): Promise<void> {
  const taken = wait.takes === undefined ? null : await takenEvent(ports, run, wait.takes);
  if (taken) {
    await endWait(ports, wait, { result: resultOfEvent(wait, taken) });
    return;
  }
  const end = overdue(ports, wait) ?? withoutRun(run);
  await endWait(ports, wait, end, { isAnswered: end === null });
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
export const closesAtMs = ({ until }: Pick<OpenWait, 'until'>): number =>
  Date.parse(until) + (WAIT_GRACE_SECONDS + 5) * 1000;
