/**
 * Outbox → event stream.
 *
 * Invariants
 * R4. An event leaves the outbox once the stream has taken it, as it was put there: same id, same
 *     content. A crash between the two sends it again.
 * L1. Events of a run go out in the order of their positions, one call after the other.
 */
import type { EventLog, Outbox, System } from '../ports.ts';

export interface RelayPorts {
  readonly stream: EventLog;
  readonly outbox: Outbox;
  readonly system: Pick<System, 'now'>;
}

/** Events of one round: as many as a stream of one shard takes in a fifth of a second. */
const ROUND = 200;

/**
 * Sends what is kept, until nothing is or the time is up.
 * @returns how many events the stream has taken
 * @throws whatever the stream or the outbox throws; what it has not taken stays in the outbox
 */
export async function relayOutbox(ports: RelayPorts, untilMs: number): Promise<number> {
  const { stream, outbox, system } = ports;
  let taken = 0;
  while (system.now() < untilMs) {
    const events = await outbox.oldest(ROUND);
    if (events.length === 0) break;
    await stream.append(events);
    await outbox.remove(events);
    taken += events.length;
  }
  return taken;
}
