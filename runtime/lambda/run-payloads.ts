/**
 * The payloads of one run tree: what its steps give and take by reference (claim check).
 *
 * Boundary: which parts travel by reference is decided in core/claim-check.ts.
 * Invariants
 * B8. Payloads are in the store before anybody sees a reference to them.
 * B9. References are resolved among the payloads of their own tenant and run tree only, whatever
 *     message or patch they come with.
 * A store that gives no answer throws, which costs a redelivery and never an attempt.
 */
import { TerminalError } from '../contracts/errors.ts';
import type { RunRecord } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { PAYLOADS_MAX_BYTES, type Payload } from '../core/claim-check.ts';
import { type FoundReference, referencesIn, withReferenced } from '../core/payload-references.ts';
import type { PayloadOwner, PayloadStore } from '../ports.ts';

/** Requests to the store at a time. */
const AT_ONCE = 8;

/** Whose payloads a message may name. The control record is the authority; the message's word counts where there is none. */
export const payloadOwner = (
  { run: { tenant, root } }: Pick<TaskMessage, 'run'>,
  control: RunRecord | null,
): PayloadOwner => ({ tenant: control?.tenant ?? tenant, root });

export class RunPayloads {
  readonly #store: PayloadStore;
  readonly #owner: PayloadOwner;

  constructor(store: PayloadStore, owner: PayloadOwner) {
    this.#store = store;
    this.#owner = owner;
  }

  /** Resolves when all of them are kept (B8). */
  async keep(payloads: readonly Payload[]): Promise<void> {
    await inTurns(payloads, (payload) => this.#store.put(this.#owner, payload));
  }

  /**
   * A value, a step's input for one, with what its references stand for.
   * @throws TerminalError INPUT_INVALID for what is no reference of the platform, PAYLOAD_MISSING for a
   * reference to nothing that this run tree has
   */
  async resolve(input: unknown): Promise<unknown> {
    const found = referencesIn(input);
    if (found.length === 0) return input;
    refuseMalformed(found);
    refuseTooLarge(found);
    const texts = await this.#textsOf(found);
    const missing = found.find(({ reference }) => reference && !texts.has(reference.sha256));
    if (missing) {
      throw new TerminalError(
        `the input has a reference at ${missing.place} to the payload ${missing.reference?.sha256}, which run ${this.#owner.root} does not have: it has expired with the bucket's retention, or it was another run's. Run the step that made it again, in a new run.`,
        { code: 'PAYLOAD_MISSING' },
      );
    }
    return withReferenced(input, (sha256) => parsed(texts.get(sha256)));
  }

  /** A value with what its references stand for; those that are not there any more, or are too large in all, stay. */
  async resolveWhatIsThere(value: unknown, maxBytes: number): Promise<unknown> {
    const found = referencesIn(value);
    const small: FoundReference[] = [];
    let bytes = 0;
    for (const each of found.toSorted((a, b) => bytesOf(a) - bytesOf(b))) {
      bytes += bytesOf(each);
      if (bytes <= maxBytes) small.push(each);
    }
    const texts = await this.#textsOf(small);
    return withReferenced(value, (sha256) => parsed(texts.get(sha256)));
  }

  /**
   * Gives another run tree what `value` refers to: for an outcome that it takes over.
   * @returns false when something is not there any more; the outcome is worth nothing then
   */
  async copyTo(owner: PayloadOwner, value: unknown): Promise<boolean> {
    const found = referencesIn(value);
    const texts = await this.#textsOf(found);
    if (found.some(({ reference }) => !reference || !texts.has(reference.sha256))) return false;
    await inTurns([...texts], ([sha256, text]) => this.#store.put(owner, { sha256, text }));
    return true;
  }

  /** Texts by hash, without those that are not there. */
  async #textsOf(found: readonly FoundReference[]): Promise<ReadonlyMap<string, string>> {
    const hashes = new Set(found.flatMap(({ reference }) => reference?.sha256 ?? []));
    const texts = new Map<string, string>();
    await inTurns([...hashes], async (sha256) => {
      const text = await this.#store.get(this.#owner, sha256);
      if (text !== null) texts.set(sha256, text);
    });
    return texts;
  }
}

const bytesOf = ({ reference }: FoundReference): number => reference?.bytes ?? 0;

/** Parsed anew for every place: no two places of an input share an object. */
const parsed = (text: string | undefined): { readonly value: unknown } | null =>
  text === undefined ? null : { value: JSON.parse(text) };

function refuseMalformed(found: readonly FoundReference[]): void {
  const malformed = found.find(({ reference }) => reference === null);
  if (!malformed) return;
  throw new TerminalError(
    `the input has the key "$sbref" at ${malformed.place}, and what is there is no reference of the platform's. The key is reserved; rename it.`,
    { code: 'INPUT_INVALID' },
  );
}

function refuseTooLarge(found: readonly FoundReference[]): void {
  const bytes = found.reduce((sum, each) => sum + bytesOf(each), 0);
  if (bytes <= PAYLOADS_MAX_BYTES) return;
  throw new TerminalError(
    `the input refers to ${bytes} bytes of JSON; allowed: ${PAYLOADS_MAX_BYTES}. Give the step less of it, or store it elsewhere and pass where it is.`,
    { code: 'INPUT_INVALID' },
  );
}

async function inTurns<T>(items: readonly T[], perform: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += AT_ONCE) {
    await Promise.all(items.slice(i, i + AT_ONCE).map(perform));
  }
}
