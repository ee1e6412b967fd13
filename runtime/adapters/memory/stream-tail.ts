import { sortableSequence } from '#runtime/core/consume/checkpoint.ts';
import type { StreamTail } from '#runtime/ports.ts';

interface TailRecord {
  readonly sequence: string;
  readonly arrivedMs: number;
}

/** Records that one question counts. */
const RECORDS = 500;

/** What a stream holds, in memory. */
export class MemoryStreamTail implements StreamTail {
  readonly #shards = new Map<string, readonly TailRecord[]>();

  /** For tests: what a shard holds, oldest first. */
  hold(shard: string, records: readonly TailRecord[]): void {
    this.#shards.set(shard, records);
  }

  async shards(): Promise<readonly string[]> {
    return [...this.#shards.keys()].sort();
  }

  async behind(query: Parameters<StreamTail['behind']>[0]): ReturnType<StreamTail['behind']> {
    const { shard, after } = query;
    const bound = after === null ? '' : sortableSequence(after);
    const all = (this.#shards.get(shard) ?? []).filter(
      ({ sequence }) => sortableSequence(sequence) > bound,
    );
    return { records: all.slice(0, RECORDS), more: all.length > RECORDS };
  }
}
