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
import { WAIT_SERVER } from '../contracts/wait.ts';
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
  const { run, tenant, workflow } = event;
  const status = statusEntryOf(event);
  if (status) return { run, tenant, workflow, status, ...factsOf(event) };
  const wait = waitOf(event);
  return wait && { run, tenant, workflow, waits: { [`${event.gen}#${event.subject}`]: wait } };
}

/** Steps that wait for events and people say so themselves. */
function waitOf(event: PlatformEvent): 'open' | 'ended' | null {
  switch (event.type) {
    case 'signalbox.step.waiting':
      return event.data.agent === WAIT_SERVER ? 'open' : null;
    case 'signalbox.step.succeeded':
    case 'signalbox.step.failed':
    case 'signalbox.step.expired':
    case 'signalbox.step.stopped':
      return event.data.agent === WAIT_SERVER ? 'ended' : null;
    default:
      return null;
  }
}

/** Facts of the run as a whole come from its first generation, so that each has one source. */
function factsOf(event: PlatformEvent): Partial<RunListing> {
  if (event.gen !== 0) return {};
  if (event.type === 'signalbox.run.started') return { startedAt: event.time };
  if (event.type !== 'signalbox.run.accepted') return {};
  const { deadlineAt, tags } = event.data;
  return { acceptedAt: event.time, deadlineAt, tags };
}
