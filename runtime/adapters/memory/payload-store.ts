import { createHash } from 'node:crypto';
import { SignalboxError } from '#runtime/contracts/errors.ts';
import type { Payload } from '#runtime/core/claim-check.ts';
import type { PayloadOwner, PayloadStore } from '#runtime/ports.ts';

/** S3 refuses a text whose checksum is another one. */
class ChecksumError extends SignalboxError {
  override readonly name = 'ChecksumError';
  readonly code = 'CHECKSUM_INVALID';
}

/** Payloads in memory. */
export class MemoryPayloadStore implements PayloadStore {
  readonly #texts = new Map<string, string>();

  async put(owner: PayloadOwner, { sha256, text }: Payload): Promise<void> {
    const actual = createHash('sha256').update(text).digest('hex');
    if (actual !== sha256) {
      throw new ChecksumError(`the payload is named ${sha256} and its text has the hash ${actual}`);
    }
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
