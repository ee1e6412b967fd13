/**
 * Looks at a reactive run: does what time, or an order, asks for, and what is owed.
 *
 * Boundary: whoever orders a look says when, never what (core/react/look.ts, L1).
 */
import { onLook } from '../../core/react/look.ts';
import { notDeployed } from '../../core/react/state.ts';
import type { Subscribed } from '../subscribed.ts';
import { changeReactions } from './change-reactions.ts';
import type { ReactPorts } from './react-ports.ts';
import { RecordedEvents } from './recorded-events.ts';

/** @throws ThrottledError, or whatever a port throws: the look has to come again */
export async function lookAtRun(
  ports: ReactPorts,
  subscribed: Subscribed,
  run: string,
): Promise<void> {
  const record = await ports.runs.read(run);
  if (record?.kind !== 'reactive') return;
  const subscriptions = subscribed.get(record.workflow) ?? notDeployed(record.workflow);
  const recorded = new RecordedEvents(ports, []);
  await changeReactions(ports, run, { subscriptions, recorded, run: record }, (state) =>
    onLook(state, record, { subscriptions, nowMs: ports.system.now() }),
  );
}
