import { checkpointKey, sortableSequence } from '#runtime/core/consume/checkpoint.ts';
import type { Checkpoint, Checkpoints } from '#runtime/ports.ts';

/** Checkpoints in memory. */
export class MemoryCheckpoints implements Checkpoints {
  readonly #byKey = new Map<string, Checkpoint>();

  async put(put: Parameters<Checkpoints['put']>[0]): Promise<void> {
    const { addHandled, addParked, ...place } = put;
    const { sk } = checkpointKey(place);
    const before = this.#byKey.get(sk);
    const handled = (before?.handled ?? 0) + addHandled;
    const parked = (before?.parked ?? 0) + addParked;
    const isNewer = !before || sortableSequence(before.sequence) < sortableSequence(place.sequence);
    this.#byKey.set(sk, { ...(isNewer ? place : before), handled, parked });
  }

  async list(): Promise<readonly Checkpoint[]> {
    return [...this.#byKey]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, checkpoint]) => checkpoint);
  }
}
