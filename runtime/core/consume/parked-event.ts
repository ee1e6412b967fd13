import type { SignalboxEvent } from '../../contracts/event.ts';
import type { LaneSummary } from '../../ports.ts';
import { platformEvent } from '../event.ts';
import { hash } from '../hash.ts';

const TYPE = 'signalbox.event.parked';

/**
 * What is told of an event that a consumer has parked: the same event for the same lane, however often
 * it is told. `null` for one that says itself that something was parked: who cannot handle those would
 * be told of his own trouble for ever.
 */
export function parkedEvent(event: SignalboxEvent, lane: LaneSummary): SignalboxEvent | null {
  if (event.type === TYPE) return null;
  const { run, root, gen, tenant, workflow, traceparent } = event;
  const { consumer, code, cause, type, parkedAt } = lane;
  const told = platformEvent(
    {
      source: `signalbox/${consumer}`,
      run,
      root,
      gen,
      tenant,
      workflow,
      fence: 0,
      ...(traceparent !== undefined && { traceparent }),
    },
    {
      type: TYPE,
      atMs: Date.parse(parkedAt),
      data: { consumer, event: event.id, type, code, cause },
    },
  );
  return { ...told, id: hash([told.id, consumer, event.id, parkedAt]) };
}
