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
import { isDependencyFailure, laneCause } from '../core/consume/failure.ts';
import { laneSummary } from '../core/consume/lane.ts';
import { parkedEvent } from '../core/consume/parked-event.ts';
import type { EventLog, LaneCause, LaneEntry, LaneStore, System } from '../ports.ts';
import type { Consumer } from './consume-events.ts';
import { handOver } from './hand-over.ts';
import type { Telemetry } from './telemetry.ts';

export interface DrainPorts {
  readonly lanes: Pick<LaneStore, 'oldest' | 'remove' | 'blame'>;
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
