/** Keeps the time that a run waits out of its deadline (`core/wait/waited-deadline.ts`). */
import type { RunWait } from '../../contracts/ledger.ts';
import type { OpenWait } from '../../contracts/wait.ts';
import { isoTime } from '../../core/iso-time.ts';
import { withWait } from '../../core/wait/waited-deadline.ts';
import { whileRecordChanges } from '../api/record-changes.ts';
import type { WaitPorts } from './wait-ports.ts';

type TimePorts = Pick<WaitPorts, 'runs'>;

/** All of the wait counts, as long as it goes on. */
export const beginWaiting = (ports: TimePorts, wait: OpenWait): Promise<void> =>
  note(ports, wait, { until: wait.until, isOpen: true });

/** What is left of the wait is no longer the run's to use. */
export function endWaiting(ports: TimePorts, wait: OpenWait, endedAt: string): Promise<void> {
  const endMs = Math.min(Date.parse(wait.until), Date.parse(endedAt));
  const until = isoTime(Math.max(Date.parse(wait.openedAt), endMs));
  return note(ports, wait, { until, isOpen: false });
}

/** Writes the wait into the control record, unless it stands there so. */
async function note(
  { runs }: TimePorts,
  { message: { run, step }, openedAt: from }: OpenWait,
  wait: Pick<RunWait, 'until' | 'isOpen'>,
): Promise<void> {
  await whileRecordChanges(run.root, async () => {
    const record = await runs.read(run.root);
    const next = record && withWait(record, run.gen, { path: step.path, from, ...wait });
    if (!next) return 'as it is';
    const put = await runs.put({ record: next, expectedRev: next.rev - 1 });
    return put.kind === 'written' ? 'written' : null;
  });
}
