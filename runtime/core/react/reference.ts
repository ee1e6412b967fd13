import { eventPosition, type SignalboxEvent } from '../../contracts/event.ts';
import type { EventReference } from '../../contracts/reactions.ts';

/** An event that came from outside is its own origin; so is one of a release that knew no origins. */
export function referenceTo(event: SignalboxEvent): EventReference {
  const { id, type, time, origin = id, hops = 0, subject, attempt, ordinal } = event;
  return {
    id,
    type,
    time,
    origin,
    hops,
    ...(subject !== undefined &&
      attempt !== undefined && { emitted: { path: subject, attempt, ordinal } }),
  };
}

/** True when `a` stands behind `b` in their run. */
export const isNewer = (a: EventReference, b: EventReference): boolean =>
  eventPosition(a) > eventPosition(b);
