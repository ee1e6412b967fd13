/**
 * The ticket system: an outside service with its own memory, so that effects can be counted where the
 * ledger has no say.
 *
 * Boundary: HTTP on the loopback interface; tickets live as long as the process.
 *
 * Invariants: those of keyed writes.
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

const text = (max: number) => z.string().min(1).max(max);
const NewTicket = z.strictObject({
  customerId: text(128),
  subject: text(1000),
  body: text(20_000),
});

/** @param options.port 0 takes a free one */
export function startHelpdesk(options: { readonly port: number }): Promise<RunningServer> {
  const desk = new Desk();
  return startJsonServer(
    {
      'POST /tickets': (request) => desk.tickets.write(request),
      'GET /tickets': (request) => desk.list(request),
      'GET /admin/stats': () => ({ status: 200, body: desk.stats() }),
      ...holdRoutes(desk.tickets.gate, () => desk.stats()),
      'GET /health': () => ({ status: 200, body: { status: 'ok' } }),
    },
    options.port,
  );
}

class Desk {
  readonly tickets = new KeyedWrites(NewTicket, (sent, n) => ({ id: `T-${n + 1}`, ...sent }));

  list({ query }: JsonRequest): JsonAnswer {
    const key = query.get('key');
    const tickets = this.tickets.list().filter((ticket) => key === null || ticket.key === key);
    return { status: 200, body: { tickets } };
  }

  /** `requests`: attempts to open a ticket; `held`: those waiting now; `abandoned`: hung up while held. */
  stats() {
    const { written: tickets, asked: requests, ...counts } = this.tickets.stats();
    return { tickets, requests, ...counts };
  }
}
