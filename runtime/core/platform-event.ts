import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { eventPosition, type SignalboxEvent } from '../contracts/event.ts';
import { PLATFORM_EVENTS, type PlatformEventType } from '../contracts/event-types.ts';
import { describeIssues } from './issues.ts';

/** A platform event whose payload has been checked; `type` tells the payloads apart. */
export type PlatformEvent = {
  [T in PlatformEventType]: Omit<SignalboxEvent, 'type' | 'data'> & {
    readonly type: T;
    readonly data: z.output<(typeof PLATFORM_EVENTS)[T]>;
  };
}[PlatformEventType];

export type Recognized =
  | { readonly kind: 'platform'; readonly event: PlatformEvent }
  /** A domain event, or a platform type of a newer release. */
  | { readonly kind: 'other' }
  | { readonly kind: 'invalid'; readonly problem: string };

const isPlatformType = (type: string): type is PlatformEventType =>
  Object.hasOwn(PLATFORM_EVENTS, type);

/** Checks an event's payload against the registry. */
export function recognize(event: SignalboxEvent): Recognized {
  const { type } = event;
  if (!isPlatformType(type)) return { kind: 'other' };
  const parsed = z.safeParse(PLATFORM_EVENTS[type], event.data, { error: en().localeError });
  if (parsed.success) {
    // The registry ties the schema to the type, which TypeScript cannot follow through the lookup.
    return { kind: 'platform', event: { ...event, data: parsed.data } as PlatformEvent };
  }
  return {
    kind: 'invalid',
    problem: `the data of ${type} is wrong: ${describeIssues(parsed.error.issues)}`,
  };
}

/** The platform events of a set, each once, in the order of their positions: every fold begins here (R11). */
export function platformEvents(events: readonly SignalboxEvent[]): readonly PlatformEvent[] {
  const byPosition = new Map(events.map((event) => [eventPosition(event), event]));
  return [...byPosition]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, event]) => recognize(event))
    .flatMap((recognized) => (recognized.kind === 'platform' ? [recognized.event] : []));
}
