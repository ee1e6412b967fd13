/**
 * Client of the ticket system.
 *
 * Boundary: two HTTP calls. It never retries by itself; whether a call is repeated is decided by the
 * step's policy, from the error's type.
 */
import * as z from 'zod/mini';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';

export interface NewTicket {
  readonly customerId: string;
  readonly subject: string;
  readonly body: string;
}

export interface Helpdesk {
  /** Opens a ticket; the same key gives the same ticket. */
  open(
    ticket: NewTicket,
    options: { readonly idempotencyKey: string; readonly signal: AbortSignal },
  ): Promise<Ticket>;
  /** The ticket that was opened with this key, `null` when there is none. */
  find(idempotencyKey: string, signal: AbortSignal): Promise<Ticket | null>;
}

const TicketSchema = z.object({ id: z.string() });
export type Ticket = z.infer<typeof TicketSchema>;

/** @param baseUrl without or with a closing slash */
export function helpdeskAt(baseUrl: string): Helpdesk {
  const tickets = new URL('tickets', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  return {
    open: async (ticket, { idempotencyKey, signal }) =>
      call(TicketSchema, tickets, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify(ticket),
        signal,
      }),
    find: async (idempotencyKey, signal) => {
      const query = new URL(tickets);
      query.searchParams.set('key', idempotencyKey);
      const page = await call(z.object({ tickets: z.array(TicketSchema) }), query, { signal });
      return page.tickets[0] ?? null;
    },
  };
}

/** After a crash nobody knows whether a ticket was opened; the helpdesk does. */
export const askHelpdesk = (helpdesk: Helpdesk) => ({
  reconcile: async (idempotencyKey: string, signal: AbortSignal) => {
    const found = await helpdesk.find(idempotencyKey, signal);
    return found ? { found } : ('absent' as const);
  },
});

/**
 * @throws RetryableError when the other side is unreachable, overloaded or broken
 * @throws TerminalError when it refuses the request
 */
async function call<S extends z.ZodMiniType>(
  schema: S,
  url: URL,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<z.infer<S>> {
  const { status, body } = await exchange(url, init);
  const what = `${init.method ?? 'GET'} ${url.pathname} of the ticket system`;
  if (status === 408 || status === 429 || status >= 500) {
    throw new RetryableError(`${what} answered ${status}`);
  }
  if (status >= 400) {
    throw new TerminalError(`${what} refused the request with ${status}: ${body.slice(0, 500)}`);
  }
  const parsed = z.safeParse(schema, parseJson(body));
  if (parsed.success) return parsed.data;
  throw new TerminalError(
    `${what} answered ${status} with a body that is not a ticket: ${body.slice(0, 500)}. Check HELPDESK_URL.`,
  );
}

async function exchange(
  url: URL,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<{ status: number; body: string }> {
  try {
    const response = await fetch(url, init);
    return { status: response.status, body: await response.text() };
  } catch (cause) {
    init.signal.throwIfAborted();
    throw new RetryableError(`the ticket system at ${url.origin} is unreachable`, { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
