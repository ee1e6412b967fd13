import type { MeterSample } from '#runtime/contracts/fleet.ts';
import { inReadingOrder, meterKey } from '#runtime/core/meter-item.ts';
import type { StageMeter } from '#runtime/ports.ts';

/** Samples of the stages in memory. */
export class MemoryStageMeter implements StageMeter {
  readonly #texts = new Map<string, string>();

  async add(sample: MeterSample): Promise<void> {
    this.#texts.set(meterKey(sample).sk, JSON.stringify(sample));
  }

  async since(atMs: number): Promise<readonly MeterSample[]> {
    const samples = [...this.#texts.values()].map((text): MeterSample => JSON.parse(text));
    return inReadingOrder(samples.filter((sample) => sample.atMs >= atMs));
  }
}
