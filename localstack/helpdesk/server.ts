/**
 * The ticket system: an outside service with its own memory, so that effects can be counted where the
 * ledger has no say.
 *
 * Boundary: HTTP on the loopback interface; tickets live as long as the process.
 *
 * Invariants
 * H1. An Idempotency-Key names at most one ticket: a repeat gets the first one.
 * H2. A request whose caller hung up while it was held opens no ticket: to the caller it is unknown
 *     whether it did, which is what the hold is for.
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

const text = (max: number) => z.string().min(1).max(max);
const NewTicket = z.strictObject({
  customerId: text(128),
  subject: text(1000),
  body: text(20_000),
});
const KEY = /^[\x21-\x7e]{1,255}$/;

interface Ticket extends z.infer<typeof NewTicket> {
  readonly id: string;
  readonly key: string;
}

/** @param options.port 0 takes a free one */
export function startHelpdesk(options: { readonly port: number }): Promise<RunningServer> {
  const desk = new Desk();
  return startJsonServer(
    {
      'POST /tickets': (request) => desk.open(request),
      'GET /tickets': (request) => desk.list(request),
      'GET /admin/stats': () => ({ status: 200, body: desk.stats() }),
      ...holdRoutes(desk.gate, () => desk.stats()),
      'GET /health': () => ({ status: 200, body: { status: 'ok' } }),
    },
    options.port,
  );
}

class Desk {
  readonly #tickets = new Map<string, Ticket>();
  readonly gate = new Hold();
  #requests = 0;
  #abandoned = 0;

  async open({ header, body, signal }: JsonRequest): Promise<JsonAnswer | null> {
    this.#requests += 1;
    const key = header('idempotency-key');
    if (key === undefined || !KEY.test(key)) {
      return problem(400, 'Idempotency-Key is needed: 1 to 255 visible ASCII characters');
    }
    const parsed = NewTicket.safeParse(body);
    if (!parsed.success) return problem(422, z.prettifyError(parsed.error));
    await this.gate.pass(signal);
    if (signal.aborted) {
      this.#abandoned += 1;
      return null;
    }
    const known = this.#tickets.get(key);
    if (known) return { status: 200, body: known };
    const ticket = { id: `T-${this.#tickets.size + 1}`, key, ...parsed.data };
    this.#tickets.set(key, ticket);
    return { status: 201, body: ticket };
  }

  list({ query }: JsonRequest): JsonAnswer {
    const key = query.get('key');
    const tickets = [...this.#tickets.values()].filter(
      (ticket) => key === null || ticket.key === key,
    );
    return { status: 200, body: { tickets } };
  }

  /** `requests`: attempts to open a ticket; `held`: those waiting now; `abandoned`: hung up while held. */
  stats() {
    return {
      tickets: this.#tickets.size,
      requests: this.#requests,
      held: this.gate.waiting,
      abandoned: this.#abandoned,
    };
  }
}
