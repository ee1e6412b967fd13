/**
 * What is written to an outside service, each once by its Idempotency-Key.
 *
 * Invariants
 * K1. A key writes at most once: a repeat gets what the first one wrote.
 * K2. A request whose caller hung up while it was held writes nothing: to the caller it is unknown
 *     whether it did, which is what the hold is for.
 */
import * as z from 'zod';
import { Hold } from './hold.ts';
import { type JsonAnswer, type JsonRequest, problem } from './json-server.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;

export class KeyedWrites<S extends z.ZodType<object>, W extends object> {
  readonly gate = new Hold();
  readonly #schema: S;
  readonly #make: (sent: z.output<S>, n: number) => W;
  readonly #written = new Map<string, W & { readonly key: string }>();
  readonly #counts = { asked: 0, abandoned: 0 };

  /** @param make what is kept of a body; `n` counts from 0 */
  constructor(schema: S, make: (sent: z.output<S>, n: number) => W) {
    this.#schema = schema;
    this.#make = make;
  }

  /** `null`: the caller hung up. */
  async write({ header, body, signal }: JsonRequest): Promise<JsonAnswer | null> {
    this.#counts.asked += 1;
    const key = header('idempotency-key');
    if (key === undefined || !KEY.test(key)) {
      return problem(400, 'Idempotency-Key is needed: 1 to 255 visible ASCII characters');
    }
    const parsed = this.#schema.safeParse(body);
    if (!parsed.success) return problem(422, z.prettifyError(parsed.error));
    await this.gate.pass(signal);
    if (signal.aborted) {
      this.#counts.abandoned += 1;
      return null;
    }
    const known = this.#written.get(key);
    if (known) return { status: 200, body: known };
    const written = { ...this.#make(parsed.data, this.#written.size), key };
    this.#written.set(key, written);
    return { status: 201, body: written };
  }

  /** In the order in which they were written. */
  list(): readonly (W & { readonly key: string })[] {
    return [...this.#written.values()];
  }

  /** `asked`: requests to write; `written`; `held`: requests waiting now; `abandoned`: hung up while held. */
  stats() {
    return { ...this.#counts, written: this.#written.size, held: this.gate.waiting };
  }
}
