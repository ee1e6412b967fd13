/**
 * Client of the calendar of those who show homes.
 *
 * Boundary: one HTTP call, which may be repeated: a key books once. Whether it is repeated is decided by
 * the step's policy, from the error's type.
 */
import * as z from 'zod/mini';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';

const Booking = z.object({ id: z.string(), homeId: z.string(), slot: z.iso.datetime() });
type Booking = z.infer<typeof Booking>;

interface Calendar {
  /**
   * Books the first free slot; the same key gives the same booking.
   * @throws RetryableError when the other side is unreachable, overloaded or broken; TerminalError when it refuses
   */
  book(
    homeId: string,
    options: { readonly idempotencyKey: string; readonly signal: AbortSignal },
  ): Promise<Booking>;
}

/** @param baseUrl without or with a closing slash */
export const calendarAt = (baseUrl: string): Calendar => ({
  async book(homeId, { idempotencyKey, signal }) {
    const url = new URL('bookings', baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
    const { status, body } = await put(url, { homeId }, { idempotencyKey, signal });
    if (status === 429 || status === 408 || status >= 500) {
      throw new RetryableError(`the calendar answered ${status}`);
    }
    const parsed = z.safeParse(Booking, status < 400 ? parseJson(body) : null);
    if (parsed.success) return parsed.data;
    throw new TerminalError(
      `the calendar answered ${status} without a booking: ${body.slice(0, 500)}. Check CALENDAR_URL.`,
    );
  },
});

async function put(
  url: URL,
  booking: object,
  options: { readonly idempotencyKey: string; readonly signal: AbortSignal },
): Promise<{ readonly status: number; readonly body: string }> {
  const { idempotencyKey, signal } = options;
  try {
    const response = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(booking),
      signal,
    });
    return { status: response.status, body: await response.text() };
  } catch (cause) {
    signal.throwIfAborted();
    throw new RetryableError(`the connection to the calendar at ${url.origin} failed`, { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
