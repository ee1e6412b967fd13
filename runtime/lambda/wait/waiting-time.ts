/** Keeps the time that a run waits out of its deadline (`core/wait/waited-deadline.ts`). */
import type { RunWait } from '../../contracts/ledger.ts';
import type { TaskMessage } from '../../contracts/task-message.ts';
import type { OpenWait } from '../../contracts/wait.ts';
import { isoTime } from '../../core/iso-time.ts';
import { withWait } from '../../core/wait/waited-deadline.ts';
import { whileRecordChanges } from '../api/record-changes.ts';
import type { WaitPorts } from './wait-ports.ts';

type TimePorts = Pick<WaitPorts, 'runs'>;

/** All of the wait counts, as long as it goes on. */
export const beginWaiting = (
  ports: TimePorts,
  { message, openedAt: from, until }: OpenWait,
): Promise<void> =>
  note(ports, message, () => ({ path: message.step.path, from, until, isOpen: true }));

/** What is left of the wait is no longer the run's to use. */
export const endWaiting = (
  ports: TimePorts,
  message: TaskMessage,
  endedAt: string,
): Promise<void> =>
  note(ports, message, (known) => {
    if (known === undefined) return null;
    const [from, until] = [known.from, known.until].map(Date.parse) as [number, number];
    const endMs = Math.max(from, Math.min(until, Date.parse(endedAt)));
    return { ...known, until: isoTime(endMs), isOpen: false };
  });

/** Writes the wait into the control record, unless it stands there so. */
async function note(
  { runs }: TimePorts,
  { run, step }: TaskMessage,
  change: (known: RunWait | undefined) => RunWait | null,
): Promise<void> {
  await whileRecordChanges(run.root, async () => {
    const record = await runs.read(run.root);
    const wait = change(record?.waits?.find(({ path }) => path === step.path));
    const next = record && wait && withWait(record, run.gen, wait);
    if (!next) return 'as it is';
    const put = await runs.put({ record: next, expectedRev: next.rev - 1 });
    return put.kind === 'written' ? 'written' : null;
  });
}
