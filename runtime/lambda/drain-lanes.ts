/**
 * Drains lanes: hands their events to the consumer again, in the order of each run.
 *
 * Boundary: when lanes are drained is the caller's business.
 * Invariants
 * D1. An entry leaves the lane once it was handled; what comes meanwhile queues behind, so that the
 *     order of the run is kept while new events arrive.
 * D2. The lane stops at the first event that still cannot be handled, and says why; nothing behind it is
 *     handled, and nothing is lost.
 * D3. Two drains of one lane, or one that was cut off, hand over an event twice at worst.
 */

import { RetryableError } from '../contracts/errors.ts';
import { isDependencyFailure, laneCause } from '../core/consume/failure.ts';
import { laneSummary } from '../core/consume/lane.ts';
import { parkedEvent } from '../core/consume/parked-event.ts';
import type { EventLog, LaneCause, LaneEntry, LaneStore, System } from '../ports.ts';
import type { Consumer } from './consume-events.ts';
import { handOver } from './hand-over.ts';
import type { Telemetry } from './telemetry.ts';

export interface DrainPorts {
  readonly lanes: Pick<LaneStore, 'list' | 'oldest' | 'remove' | 'blame'>;
  /** With the outbox behind it. */
  readonly events: EventLog;
  readonly system: System;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

export interface Drained {
  /** Events that were handled. */
  readonly handled: number;
  /**
   * `drained`: the lane is closed. `stuck`: an event of it cannot be handled, as before. `away`: something
   * that the consumer needs is. `time-over`: there is more.
   */
  readonly end: 'drained' | 'stuck' | 'away' | 'time-over';
  /** Why it did not go on; present when it is stuck, or something is away. */
  readonly cause?: LaneCause;
}

/** Entries that are read at a time. */
const PAGE = 10;

/**
 * @param run whose lane is drained; one that is not open is drained already
 * @param untilMs epoch milliseconds after which no further event is begun
 * @throws what the store of lanes or the event log throws; what was handled until then may be handed over again
 */
export async function drainLane(
  ports: DrainPorts,
  consumer: Consumer,
  run: string,
  untilMs: number,
): Promise<Drained> {
  const { lanes, system } = ports;
  let handled = 0;
  for (;;) {
    const entries = await lanes.oldest({ consumer: consumer.name, run, limit: PAGE });
    if (entries.length === 0) return { handled, end: 'drained' };
    for (const entry of entries) {
      if (system.now() >= untilMs) return { handled, end: 'time-over' };
      const failed = await handOver(ports, consumer, [entry.event]);
      if (failed) return { handled, ...(await stopAt(ports, entry, failed.error)) };
      await lanes.remove(entry);
      handled += 1;
    }
  }
}

/** Lanes that one round looks at. */
const LANES = 1000;

/**
 * Drains the lanes of a consumer, or one of them, until the time is up. Those that do not go on are
 * left as they are.
 * @returns whether there may be more to drain: there is not when all the time was spent in vain
 * @throws RetryableError when something that the consumer needs is away; as `drainLane` otherwise
 */
export async function drainLanes(
  ports: DrainPorts,
  consumer: Consumer,
  { run, untilMs }: { readonly run?: string | undefined; readonly untilMs: number },
): Promise<{ readonly kind: 'done' } | { readonly kind: 'again'; readonly seconds: number }> {
  const lanes =
    run === undefined
      ? await ports.lanes.list({ consumer: consumer.name, limit: LANES })
      : [{ run }];
  let handled = 0;
  for (const lane of lanes) {
    const drained = await drainLane(ports, consumer, lane.run, untilMs);
    handled += drained.handled;
    if (drained.end === 'away') {
      throw new RetryableError(
        `the lanes of ${consumer.name} cannot be drained: ${drained.cause?.message}`,
      );
    }
    if (drained.end === 'time-over') return handled > 0 ? { kind: 'again', seconds: 0 } : DONE;
  }
  return lanes.length === LANES && handled > 0 ? { kind: 'again', seconds: 0 } : DONE;
}

const DONE = { kind: 'done' } as const;

/** An event that has only waited behind another until now is told as parked, too. */
async function stopAt(
  { lanes, events, system, telemetry }: DrainPorts,
  entry: LaneEntry,
  error: unknown,
): Promise<Pick<Drained, 'end' | 'cause'>> {
  const { event, run } = entry;
  const cause = laneCause(error);
  telemetry.log('warn', 'a lane cannot be drained', { run, event: event.id, error });
  if (isDependencyFailure(error)) return { end: 'away', cause };
  if (entry.cause === null) {
    const parkedAt = new Date(system.now()).toISOString();
    const told = parkedEvent(event, laneSummary({ ...entry, cause }, parkedAt));
    if (told) await events.append([told]);
  }
  await lanes.blame(entry, cause);
  return { end: 'stuck', cause };
}
