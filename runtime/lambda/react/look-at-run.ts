/**
 * Looks at a run. Of a reactive one: does what time, or an order, asks for, and what is owed. Of a
 * workflow's: ends the waits whose time is over.
 *
 * Boundary: whoever orders a look says when, never what (core/react/look.ts, L1).
 */
import { onLook } from '../../core/react/look.ts';
import { notDeployed } from '../../core/react/state.ts';
import type { Subscribed } from '../subscribed.ts';
import { lookAfterWaits } from '../wait/look-after-waits.ts';
import type { WaitPorts } from '../wait/wait-ports.ts';
import { changeReactions } from './change-reactions.ts';
import type { ReactPorts } from './react-ports.ts';
import { RecordedEvents } from './recorded-events.ts';

/** @throws ThrottledError, or whatever a port throws: the look has to come again */
export async function lookAtRun(
  ports: ReactPorts & WaitPorts,
  subscribed: Subscribed,
  run: string,
): Promise<void> {
  const record = await ports.runs.read(run);
  if (record === null) return;
  if (record.kind !== 'reactive') {
    await lookAfterWaits(ports, record);
    return;
  }
  const subscriptions = subscribed.get(record.workflow) ?? notDeployed(record.workflow);
  const recorded = new RecordedEvents(ports, []);
  await changeReactions(ports, run, { subscriptions, recorded, run: record }, (state) =>
    onLook(state, record, { subscriptions, nowMs: ports.system.now() }),
  );
}
