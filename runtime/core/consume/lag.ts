/**
 * How far consumers are behind.
 *
 * Boundary: pure; what the stream holds behind a place was read before.
 * Invariants
 * G1. A shard is read as rarely as may be: what is read behind the slowest consumer tells the others',
 *     too, as far as it reaches.
 * G2. A consumer that has handled nothing of a shard has all of it before it.
 */
import type { ShardLag } from '../../contracts/consumers.ts';
import type { Checkpoint, StreamTail } from '../../ports.ts';
import { elapsedMs } from '../elapsed.ts';
import { isoTime } from '../iso-time.ts';
import { sortableSequence } from './checkpoint.ts';

type Tail = Awaited<ReturnType<StreamTail['behind']>>;
export type Behind = (after: string | null) => Promise<Tail>;

/** A consumer's place in a shard. */
type Place = Pick<Checkpoint, 'sequence' | 'atMs'> | null;

/**
 * The lag of each of several consumers in one shard.
 * @param behind reads what the shard holds behind a place
 */
export async function shardLags(
  shard: string,
  places: readonly Place[],
  nowMs: number,
  behind: Behind,
): Promise<readonly ShardLag[]> {
  const lags: ShardLag[] = [];
  let tail: Tail | null = null;
  for (const [i, place] of [...places.entries()].sort(([, a], [, b]) => bySequence(a, b))) {
    const left: Tail | null = tail && within(tail, place);
    tail = left ?? (await behind(place?.sequence ?? null));
    lags[i] = lagOf(shard, place, tail, nowMs);
  }
  return lags;
}

const orderOf = (place: Place): string => (place === null ? '' : sortableSequence(place.sequence));

const bySequence = (a: Place, b: Place): number => {
  const [first, second] = [orderOf(a), orderOf(b)];
  return first === second ? 0 : first < second ? -1 : 1;
};

/** What of a tail lies behind a later place; `null` when it does not reach so far. */
function within({ records, more }: Tail, place: Place): Tail | null {
  const after = orderOf(place);
  const left = records.filter(({ sequence }) => sortableSequence(sequence) > after);
  return left.length === 0 && more ? null : { records: left, more };
}

function lagOf(shard: string, place: Place, { records, more }: Tail, nowMs: number): ShardLag {
  const [oldest] = records;
  return {
    shard,
    events: records.length,
    more,
    seconds: oldest ? Math.round(elapsedMs(oldest.arrivedMs, nowMs) / 1000) : 0,
    lastAt: place && isoTime(place.atMs),
  };
}
