import type { PayloadOwner, PayloadStore } from '#runtime/ports.ts';

/** Payloads in memory. */
export class MemoryPayloadStore implements PayloadStore {
  readonly #texts = new Map<string, string>();

  async put(
    owner: PayloadOwner,
    { sha256, text }: { readonly sha256: string; readonly text: string },
  ): Promise<void> {
    this.#texts.set(keyOf(owner, sha256), text);
  }

  async get(owner: PayloadOwner, sha256: string): Promise<string | null> {
    return this.#texts.get(keyOf(owner, sha256)) ?? null;
  }

  /** Keys of all payloads that are there, `<tenant>/<root>/<sha256>`. */
  get keys(): readonly string[] {
    return [...this.#texts.keys()];
  }

  /** As the bucket's lifecycle does in the end. */
  expire(): void {
    this.#texts.clear();
  }
}

const keyOf = ({ tenant, root }: PayloadOwner, sha256: string): string =>
  `${tenant}/${root}/${sha256}`;
