/**
 * Outbox → event stream.
 *
 * Invariants
 * R4. An event leaves the outbox once the stream has taken it, as it was put there: same id, same
 *     content. A crash between the two sends it again.
 * L1. Events of a run go out in the order of their positions. One that has to be sent again may follow
 *     those behind it.
 * R8. What the stream does not take keeps nothing else in the outbox: a round that is larger than the
 *     stream takes at a time gets it done in parts.
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
 * @throws what the stream says when it takes nothing more, or whatever the outbox throws; what the
 * stream has not taken stays in the outbox
 */
export async function relayOutbox(ports: RelayPorts, untilMs: number): Promise<number> {
  const { stream, outbox, system } = ports;
  let taken = 0;
  while (system.now() < untilMs) {
    const events = await outbox.oldest(ROUND);
    if (events.length === 0) break;
    // One by one, so that each tells its fate; the stream sends together what is appended together.
    const fates = await Promise.allSettled(events.map((event) => stream.append([event])));
    const sent = events.filter((_, i) => fates[i]?.status === 'fulfilled');
    const refused = fates.find((fate) => fate.status === 'rejected');
    if (sent.length === 0 && refused) throw refused.reason;
    await outbox.remove(sent);
    taken += sent.length;
  }
  return taken;
}
