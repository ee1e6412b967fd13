/**
 * Lifecycle events: those of the stream that others in the account may want to act on.
 *
 * Boundary: pure. What a step does inside, and domain events, stay on the stream.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';

/** Where the bus says that its events come from; the kind is in the detail type. */
export const LIFECYCLE_SOURCE = 'signalbox';

const LIFECYCLE = /^signalbox\.(run|approval|dead_letter)\.|^signalbox\.event\.parked$/;

export const isLifecycle = ({ type }: SignalboxEvent): boolean => LIFECYCLE.test(type);

/** EventBridge takes 256 KB an entry, of which the envelope needs some; the rest of a large one's data is in the API. */
const DETAIL_MAX_BYTES = 240 * 1024;

/** The event as a bus carries it: whole, or without its data if those are too large. */
export function lifecycleDetail(event: SignalboxEvent): string {
  const whole = JSON.stringify(event);
  if (Buffer.byteLength(whole) <= DETAIL_MAX_BYTES) return whole;
  return JSON.stringify({
    ...event,
    data: { omitted: `data of more than ${DETAIL_MAX_BYTES} bytes` },
  });
}
