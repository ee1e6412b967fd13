/**
 * The calendar of those who show homes: an outside service that books slots, so that effects can be
 * counted where the ledger has no say.
 *
 * Boundary: HTTP on the loopback interface; bookings live as long as the process.
 *
 * Invariants: those of keyed writes, and
 * K3. No two bookings have the same slot.
 */
import * as z from 'zod';
import { holdRoutes } from '../hold.ts';
import {
  type JsonAnswer,
  type JsonRequest,
  type RunningServer,
  startJsonServer,
} from '../json-server.ts';
import { KeyedWrites } from '../keyed-writes.ts';

const NewBooking = z.strictObject({ homeId: z.string().min(1).max(64) });

interface Booking {
  readonly id: string;
  readonly homeId: string;
  /** ISO 8601. */
  readonly slot: string;
}

/** @param options.port 0 takes a free one */
export function startCalendar(options: { readonly port: number }): Promise<RunningServer> {
  const calendar = new Calendar(Date.now());
  return startJsonServer(
    {
      'PUT /bookings': (request) => calendar.bookings.write(request),
      'GET /bookings': (request) => calendar.list(request),
      'GET /admin/stats': () => ({ status: 200, body: calendar.stats() }),
      ...holdRoutes(calendar.bookings.gate, () => calendar.stats()),
      'GET /health': () => ({ status: 200, body: { status: 'ok' } }),
    },
    options.port,
  );
}

class Calendar {
  readonly bookings: KeyedWrites<typeof NewBooking, Booking>;

  constructor(nowMs: number) {
    this.bookings = new KeyedWrites(NewBooking, ({ homeId }, n) => ({
      id: `B-${n + 1}`,
      homeId,
      slot: slotOf(nowMs, n),
    }));
  }

  list({ query }: JsonRequest): JsonAnswer {
    const home = query.get('home');
    const bookings = this.bookings.list().filter(({ homeId }) => home === null || homeId === home);
    return { status: 200, body: { bookings } };
  }

  /** `asked`: requests to book; `bookings`: what was booked; `held`: requests waiting now; `abandoned`: hung up while held. */
  stats() {
    const { written: bookings, ...counts } = this.bookings.stats();
    return { ...counts, bookings };
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
