import type { RunStatus } from '../contracts/status.ts';
import type { RunStatusEntry } from '../ports.ts';
import type { PlatformEvent } from './platform-event.ts';

export type RunEnd = Extract<
  PlatformEvent,
  {
    type:
      | 'signalbox.run.succeeded'
      | 'signalbox.run.failed'
      | 'signalbox.run.expired'
      | 'signalbox.run.stopped';
  }
>;

/** What a status event makes of its run; an ended one beats the others of its generation. */
const STATUS_BY_TYPE: Partial<
  Record<PlatformEvent['type'], { readonly status: RunStatus; readonly rank: number }>
> = {
  'signalbox.run.accepted': { status: 'accepted', rank: 0 },
  'signalbox.run.started': { status: 'running', rank: 1 },
  'signalbox.run.succeeded': { status: 'succeeded', rank: 9 },
  'signalbox.run.failed': { status: 'failed', rank: 9 },
  'signalbox.run.expired': { status: 'expired', rank: 9 },
  'signalbox.run.stopped': { status: 'stopped', rank: 9 },
};

export const isRunEnd = (event: PlatformEvent): event is RunEnd =>
  STATUS_BY_TYPE[event.type]?.rank === 9;

/**
 * The status that an event reports, `null` when it reports none. Versions grow with the generation,
 * then with the rank; the status's name makes them unique, so the larger one is the same whichever
 * comes first (R11).
 */
export function statusEntryOf(event: PlatformEvent): RunStatusEntry | null {
  const known = STATUS_BY_TYPE[event.type];
  if (!known) return null;
  const { status, rank } = known;
  const gen = String(event.gen).padStart(6, '0');
  return { version: `${gen}.${rank}.${status}`, status, gen: event.gen, at: event.time };
}
