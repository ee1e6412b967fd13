/**
 * The world outside: where steps say that they begin, and where effects happen and are counted.
 *
 * Boundary: HTTP on the loopback interface, in the process of the chaos: neither a killed worker nor
 * a failing ledger has a say in what it has seen.
 *
 * Invariants
 * W1. An effect of the deduplicating kind happens once for a key, whoever asks how often; it happens
 *     a while after it was asked for, also when the caller is dead by then.
 * W2. An effect of the forgetful kind happens whenever it is asked for, at once; the answer takes a while,
 *     so that many callers die with their effect done and unknown.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { type JsonAnswer, problem, startJsonServer } from '../../localstack/json-server.ts';

const Begun = z.strictObject({ run: z.string(), step: z.string(), pid: z.int() });
const Asked = z.strictObject({
  run: z.string(),
  step: z.string(),
  key: z.string(),
  side: z.enum(['deduplicating', 'forgetful']),
});

/** A step that has begun in a worker. */
export interface Begin extends z.infer<typeof Begun> {
  /** Milliseconds of this process's clock. */
  readonly atMs: number;
}

/** An effect that has happened. */
export interface Effect {
  readonly run: string;
  readonly step: string;
  readonly key: string;
  readonly receipt: string;
}

const TAKES_MS = 300;

export class OutsideWorld {
  readonly begins: Begin[] = [];
  readonly effects: Effect[] = [];
  /** Requests for an effect, repeats among them. */
  asked = 0;
  #close: () => Promise<void> = async () => undefined;

  /** Opens for business; gives its URL. */
  async open(): Promise<string> {
    const server = await startJsonServer(
      {
        'POST /begun': ({ body }) => this.#begin(body),
        'POST /effects': ({ body }) => this.#act(body),
        'GET /effects': ({ query }) => this.#find(query.get('key') ?? ''),
      },
      0,
    );
    this.#close = server.close;
    return server.url;
  }

  close(): Promise<void> {
    return this.#close();
  }

  #begin(body: unknown): JsonAnswer {
    const parsed = Begun.safeParse(body);
    if (!parsed.success) return problem(422, z.prettifyError(parsed.error));
    this.begins.push({ ...parsed.data, atMs: performance.now() });
    return { status: 200, body: {} };
  }

  async #act(body: unknown): Promise<JsonAnswer> {
    const parsed = Asked.safeParse(body);
    if (!parsed.success) return problem(422, z.prettifyError(parsed.error));
    this.asked += 1;
    const { side, ...asked } = parsed.data;
    if (side === 'forgetful') {
      const receipt = this.#perform(asked);
      await sleep(TAKES_MS);
      return { status: 201, body: { receipt } };
    }
    await sleep(TAKES_MS);
    const known = this.effects.find(({ key }) => key === asked.key);
    return { status: 200, body: { receipt: known?.receipt ?? this.#perform(asked) } };
  }

  #find(key: string): JsonAnswer {
    const found = this.effects.filter((effect) => effect.key === key);
    return { status: 200, body: { receipts: found.map(({ receipt }) => receipt) } };
  }

  #perform(asked: Omit<Effect, 'receipt'>): string {
    const receipt = `R-${this.effects.length + 1}`;
    this.effects.push({ ...asked, receipt });
    return receipt;
  }
}
