/**
 * R1 and V1 at the front door: requests with keys and places, sent again, early, late, at once and in any
 * order, make one run each, and none that the line has no room for.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limitedTo } from '../unit/api/limited-api.ts';

const RATE = 2;
const QUEUE_SECONDS = 20;

const action = fc.record({
  passMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8000 })),
  /** So many senders at once: new ones, with a key or without, and such as were there before. */
  senders: fc.array(
    fc.record({ key: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null }), pick: fc.nat() }),
    { minLength: 1, maxLength: 8 },
  ),
});

type Headers = Readonly<Record<string, string>>;

/** Those who send, what they have been given, and the runs that they got. */
class Senders {
  readonly #api: Awaited<ReturnType<typeof limitedTo>>;
  readonly #known: Headers[] = [];
  /** By key, or by the run that a place names. */
  readonly #runs = new Map<string, string>();

  constructor(api: Awaited<ReturnType<typeof limitedTo>>) {
    this.#api = api;
  }

  get runs(): number {
    return new Set(this.#runs.values()).size;
  }

  send(key: number | null, pick: number): Promise<void> {
    const again = pick % 3 > 0 ? this.#known[pick % Math.max(1, this.#known.length)] : undefined;
    return this.#ask(again ?? (key === null ? {} : { 'idempotency-key': `k-${key}` }));
  }

  async #ask(headers: Headers): Promise<void> {
    const { status, body } = await this.#api.start(headers);
    if (status === 429) return this.#sentAway(headers, body.overload.place);
    expect(status).toBe(202);
    const named = headers['signalbox-place']?.slice(0, 26);
    expect(named ?? body.id).toBe(body.id);
    const name = headers['idempotency-key'] ?? body.id;
    expect(this.#runs.get(name) ?? body.id, name).toBe(body.id);
    this.#runs.set(name, body.id);
    this.#known.push(headers);
  }

  #sentAway(headers: Headers, place: string | undefined): void {
    if (place !== undefined) this.#known.push({ ...headers, 'signalbox-place': place });
  }
}

/** No correction is due during a story: the line's rate stays. */
const LATER_MS = Date.UTC(2030, 0, 1);
const ALL_SEEN = { atMs: LATER_MS, lookedAtMs: LATER_MS };

test('a place and a key make one run, however often and whenever they are sent', async () => {
  let redeemed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 25 }), async (actions) => {
      const api = await limitedTo(RATE, QUEUE_SECONDS, ALL_SEEN);
      const beganMs = api.system.now();
      const senders = new Senders(api);
      for (const { passMs, ...some } of actions) {
        await api.system.advance(passMs);
        await Promise.all(some.senders.map(({ key, pick }) => senders.send(key, pick)));
      }
      redeemed += (await api.record()).redeemed;
      const seconds = (api.system.now() - beganMs) / 1000;
      expect(senders.runs).toBeLessThanOrEqual(RATE * seconds + 1);
    }),
    { numRuns: 60 },
  );
  expect(redeemed, 'the stories redeem places').toBeGreaterThan(20);
});
