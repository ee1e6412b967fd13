/**
 * The calendar of those who show homes: an outside service that books slots, so that effects can be
 * counted where the ledger has no say.
 *
 * Boundary: HTTP on the loopback interface; bookings live as long as the process.
 *
 * Invariants
 * K1. An Idempotency-Key books at most once: a repeat gets what the first one booked.
 * K2. No two bookings have the same slot.
 * K3. A request whose caller hung up while it was held books nothing: to the caller it is unknown whether
 *     it did, which is what the hold is for.
 */
import * as z from 'zod';
import { Hold, holdRoutes } from '../hold.ts';
import {
  type JsonAnswer,
  type JsonRequest,
  problem,
  type RunningServer,
  startJsonServer,
} from '../json-server.ts';

const NewBooking = z.strictObject({ homeId: z.string().min(1).max(64) });
const KEY = /^[\x21-\x7e]{1,255}$/;

interface Booking {
  readonly id: string;
  readonly key: string;
  readonly homeId: string;
  /** ISO 8601. */
  readonly slot: string;
}

/** @param options.port 0 takes a free one */
export function startCalendar(options: { readonly port: number }): Promise<RunningServer> {
  const calendar = new Calendar(Date.now());
  return startJsonServer(
    {
      'PUT /bookings': (request) => calendar.book(request),
      'GET /bookings': (request) => calendar.list(request),
      'GET /admin/stats': () => ({ status: 200, body: calendar.stats() }),
      ...holdRoutes(calendar.gate, () => calendar.stats()),
      'GET /health': () => ({ status: 200, body: { status: 'ok' } }),
    },
    options.port,
  );
}

class Calendar {
  readonly gate = new Hold();
  readonly #bookings = new Map<string, Booking>();
  readonly #counts = { asked: 0, abandoned: 0 };
  readonly #slot: (n: number) => string;

  constructor(nowMs: number) {
    this.#slot = (n) => slotOf(nowMs, n);
  }

  async book({ header, body, signal }: JsonRequest): Promise<JsonAnswer | null> {
    this.#counts.asked += 1;
    const key = header('idempotency-key');
    if (key === undefined || !KEY.test(key)) {
      return problem(400, 'Idempotency-Key is needed: 1 to 255 visible ASCII characters');
    }
    const parsed = NewBooking.safeParse(body);
    if (!parsed.success) return problem(422, z.prettifyError(parsed.error));
    await this.gate.pass(signal);
    if (signal.aborted) {
      this.#counts.abandoned += 1;
      return null;
    }
    const known = this.#bookings.get(key);
    if (known) return { status: 200, body: known };
    const count = this.#bookings.size;
    const booked = { id: `B-${count + 1}`, key, ...parsed.data, slot: this.#slot(count) };
    this.#bookings.set(key, booked);
    return { status: 201, body: booked };
  }

  list({ query }: JsonRequest): JsonAnswer {
    const home = query.get('home');
    const bookings = [...this.#bookings.values()].filter(
      ({ homeId }) => home === null || homeId === home,
    );
    return { status: 200, body: { bookings } };
  }

  /** `asked`: requests to book; `bookings`: what was booked; `held`: requests waiting now; `abandoned`: hung up while held. */
  stats() {
    return { ...this.#counts, bookings: this.#bookings.size, held: this.gate.waiting };
  }
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Hours of a day at which homes are shown, UTC. */
const [FIRST_HOUR, HOURS] = [14, 8];

/** The `n`th slot from tomorrow on: one every hour of the afternoons. */
function slotOf(nowMs: number, n: number): string {
  const tomorrow = (Math.floor(nowMs / DAY_MS) + 1 + Math.floor(n / HOURS)) * DAY_MS;
  return new Date(tomorrow + (FIRST_HOUR + (n % HOURS)) * HOUR_MS).toISOString();
}
