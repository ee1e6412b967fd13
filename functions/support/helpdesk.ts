/**
 * Client of the ticket system.
 *
 * Boundary: two HTTP calls. It never retries by itself; whether a call is repeated is decided by the
 * step's policy, from the error's type.
 * Invariant: an error that says that no ticket was opened is thrown only where that is certain. For
 * everything else there is `TicketUnclearError`, and the effect's `whenUnknown` decides.
 */
import * as z from 'zod/mini';
import { RetryableError, SignalboxError, TerminalError } from '#runtime/contracts/errors.ts';

export interface NewTicket {
  readonly customerId: string;
  readonly subject: string;
  readonly body: string;
}

/** A ticket was asked for, and nobody knows whether it was opened. */
export class TicketUnclearError extends SignalboxError {
  override readonly name = 'TicketUnclearError';
  readonly code = 'TICKET_UNCLEAR';
}

export interface Helpdesk {
  /**
   * Opens a ticket; the same key gives the same ticket.
   * @throws RetryableError when the other side was too busy to look at it
   * @throws TerminalError when it refused it
   * @throws TicketUnclearError when it broke down, could not be reached, or gave no ticket
   */
  open(
    ticket: NewTicket,
    options: { readonly idempotencyKey: string; readonly signal: AbortSignal },
  ): Promise<Ticket>;
  /**
   * The ticket that was opened with this key, `null` when there is none.
   * @throws RetryableError when the other side is unreachable, overloaded or broken
   * @throws TerminalError when it refuses the request, or gives no list of tickets
   */
  find(idempotencyKey: string, signal: AbortSignal): Promise<Ticket | null>;
}

const TicketSchema = z.object({ id: z.string() });
export type Ticket = z.infer<typeof TicketSchema>;

/** @param baseUrl without or with a closing slash */
export function helpdeskAt(baseUrl: string): Helpdesk {
  const tickets = new URL('tickets', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  return {
    open: async (ticket, { idempotencyKey, signal }) =>
      call(tickets, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify(ticket),
        schema: TicketSchema,
        broken: (what, cause) =>
          new TicketUnclearError(`${what}; nobody knows whether the ticket was opened`, { cause }),
        unreadable: (what) =>
          new TicketUnclearError(`${what}; it may have been opened. Check HELPDESK_URL.`),
        signal,
      }),
    find: async (idempotencyKey, signal) => {
      const query = new URL(tickets);
      query.searchParams.set('key', idempotencyKey);
      const page = await call(query, {
        method: 'GET',
        schema: z.object({ tickets: z.array(TicketSchema) }),
        broken: (what, cause) => new RetryableError(what, { cause }),
        unreadable: (what) => new TerminalError(`${what}. Check HELPDESK_URL.`),
        signal,
      });
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

interface Call<S extends z.ZodMiniType> extends RequestInit {
  readonly method: 'GET' | 'POST';
  readonly schema: S;
  readonly signal: AbortSignal;
  /** The error for a call whose end is unknown. */
  readonly broken: (what: string, cause?: unknown) => Error;
  /** The error for an answer that says yes and cannot be read. */
  readonly unreadable: (what: string) => Error;
}

async function call<S extends z.ZodMiniType>(
  url: URL,
  { schema, broken, unreadable, ...init }: Call<S>,
): Promise<z.infer<S>> {
  const { status, body } = await exchange(url, init).catch((cause: unknown) => {
    init.signal.throwIfAborted();
    throw broken(`the connection to the ticket system at ${url.origin} failed`, cause);
  });
  const what = `${init.method} ${url.pathname} of the ticket system`;
  if (status >= 500) throw broken(`${what} answered ${status}`);
  // Both are said of a request that was not worked on.
  if (status === 408 || status === 429) throw new RetryableError(`${what} answered ${status}`);
  if (status >= 400) {
    throw new TerminalError(`${what} refused the request with ${status}: ${body.slice(0, 500)}`);
  }
  const parsed = z.safeParse(schema, parseJson(body));
  if (parsed.success) return parsed.data;
  throw unreadable(
    `${what} answered ${status} with a body that is not a ticket: ${body.slice(0, 500)}`,
  );
}

async function exchange(url: URL, init: RequestInit): Promise<{ status: number; body: string }> {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.text() };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
