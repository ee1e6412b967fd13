import { keyOfText } from '#runtime/core/return-place.ts';
import type { PlaceKey, System } from '#runtime/ports.ts';

export class MemoryPlaceKey implements PlaceKey {
  readonly #key: Uint8Array;

  constructor(system: Pick<System, 'randomId'>) {
    this.#key = keyOfText(system.randomId() + system.randomId());
  }

  async read(): Promise<Uint8Array> {
    return this.#key;
  }
}
