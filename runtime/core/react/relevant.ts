/** Which events of a reactive run the router looks at: those from outside and of agents, and the ends of steps. */
import type { SignalboxEvent } from '../../contracts/event.ts';
import { recognize } from '../platform-event.ts';

/** How a step ended for good. */
export interface StepEnd {
  /** `null` of one that succeeded. */
  readonly failure: { readonly code: string; readonly message: string } | null;
}

const ENDS: ReadonlySet<string> = new Set([
  'signalbox.step.succeeded',
  'signalbox.step.failed',
  'signalbox.step.expired',
  'signalbox.step.stopped',
]);

export const isDomainEvent = ({ type }: Pick<SignalboxEvent, 'type'>): boolean =>
  !type.startsWith('signalbox.');

/** By the type alone: most events are of no interest, and cost nothing more. */
export const isRelevant = (event: Pick<SignalboxEvent, 'type'>): boolean =>
  isDomainEvent(event) || ENDS.has(event.type);

/** `null` for every other event. */
export function stepEndIn(event: SignalboxEvent): StepEnd | null {
  if (!ENDS.has(event.type)) return null;
  const recognized = recognize(event);
  if (recognized.kind !== 'platform') return null;
  const { data } = recognized.event;
  return { failure: 'failure' in data ? data.failure : null };
}
