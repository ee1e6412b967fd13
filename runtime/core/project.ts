/**
 * What the projector writes for an event.
 *
 * Boundary: pure. Everything it says is taken from the event, nothing from a clock or from what is
 * stored already.
 * Invariants (R11)
 * J1. Every projection is idempotent and commutes with every other: a listing's facts are set whole
 *     and come from one event each, its status only grows.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { Projection, RunListing } from '../ports.ts';
import { type PlatformEvent, recognize } from './platform-event.ts';
import { statusEntryOf } from './run-status.ts';

/** The event itself, and what it changes in the list of runs. */
export function projectionsOf(event: SignalboxEvent): readonly Projection[] {
  const recognized = recognize(event);
  const listing = recognized.kind === 'platform' ? listingOf(recognized.event) : null;
  return [{ kind: 'event', event }, ...(listing ? [{ kind: 'listing', listing } as const] : [])];
}

function listingOf(event: PlatformEvent): RunListing | null {
  const status = statusEntryOf(event);
  if (!status) return null;
  const { run, tenant, workflow } = event;
  return { run, tenant, workflow, status, ...factsOf(event) };
}

/** Facts of the run as a whole come from its first generation, so that each has one source. */
function factsOf(event: PlatformEvent): Partial<RunListing> {
  if (event.gen !== 0) return {};
  if (event.type === 'signalbox.run.started') return { startedAt: event.time };
  if (event.type !== 'signalbox.run.accepted') return {};
  const { deadlineAt, tags } = event.data;
  return { acceptedAt: event.time, deadlineAt, tags };
}
