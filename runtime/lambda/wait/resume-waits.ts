/**
 * Lets events from outside end the waits of workflows' runs.
 *
 * Order: which wait takes the event is on record before the wait ends, so that one event never ends two.
 * Invariants
 * W2. An event that comes again, or was taken and not told of by a crash, ends the very same wait.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import { resultOfEvent } from '../../core/wait/wait-events.ts';
import { concernsWaits, takeEvent, waitAt } from '../../core/wait/waits.ts';
import { whileRecordChanges } from '../api/record-changes.ts';
import { endWait } from './end-wait.ts';
import type { WaitPorts } from './wait-ports.ts';

/**
 * @param event of a run; one that concerns no wait changes nothing
 * @throws what a dependency throws: the event has to come again
 */
export async function resumeWaits(ports: WaitPorts, event: SignalboxEvent): Promise<void> {
  if (!concernsWaits(event)) return;
  if (event.type === 'signalbox.approval.decided') return finishDecided(ports, event);
  const wait = await take(ports, event);
  if (wait) await endWait(ports, wait, { result: resultOfEvent(wait, event) });
}

/** The decision is on record; whoever took it may not have come to answer it. */
async function finishDecided(ports: WaitPorts, { run, subject }: SignalboxEvent): Promise<void> {
  const record = await ports.waits.read(run);
  const wait = record && waitAt(record, subject ?? '');
  if (wait) await endWait(ports, wait, null);
}

/** The wait that ends with the event; `null` when there is none (yet): it finds the event in the inbox. */
async function take({ waits, system }: WaitPorts, event: SignalboxEvent) {
  const found = await whileRecordChanges(event.run, async () => {
    const record = await waits.read(event.run);
    const taken = record && takeEvent(record, event, system.now());
    if (!taken) return 'nobody wants it';
    if (taken.record === record) return taken.wait;
    const put = await waits.put({ record: taken.record, expectedRev: taken.record.rev - 1 });
    return put.kind === 'written' ? taken.wait : null;
  });
  return found === 'nobody wants it' ? null : found;
}
