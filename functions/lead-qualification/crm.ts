/**
 * Client of the customer system.
 *
 * Boundary: two HTTP calls, both of which may be repeated: one reads, the other writes once for one
 * key. Whether a call is repeated is decided by the step's policy, from the error's type.
 */
import * as z from 'zod/mini';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { enrichLead, type History, type Qualification } from './contracts.ts';

/** @throws RetryableError when the other side is unreachable, overloaded or broken; TerminalError when it refuses. */
export interface Crm {
  /** `null` when the other side has never heard of the lead. */
  history(leadId: string, signal: AbortSignal): Promise<History | null>;
  /** The same key writes once. */
  qualify(
    qualification: Qualification,
    options: { readonly idempotencyKey: string; readonly signal: AbortSignal },
  ): Promise<StoredQualification>;
}

const StoredQualificationSchema = z.object({ id: z.string() });
export type StoredQualification = z.infer<typeof StoredQualificationSchema>;

/** @param baseUrl without or with a closing slash */
export function crmAt(baseUrl: string): Crm {
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
  return {
    async history(leadId, signal) {
      const url = new URL('histories', base);
      url.searchParams.set('lead', leadId);
      const answer = await exchange(url, { method: 'GET', signal });
      return answer.status === 404 ? null : read(enrichLead.output.shape.history, answer);
    },
    async qualify(qualification, { idempotencyKey, signal }) {
      const answer = await exchange(new URL('qualifications', base), {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify(qualification),
        signal,
      });
      return read(StoredQualificationSchema, answer);
    },
  };
}

interface Answer {
  /** The request in words. */
  readonly what: string;
  readonly status: number;
  readonly body: string;
}

async function exchange(
  url: URL,
  init: RequestInit & { readonly method: string; readonly signal: AbortSignal },
): Promise<Answer> {
  const what = `${init.method} ${url.pathname} of the customer system`;
  const { response, body } = await send(url, init).catch((cause: unknown) => {
    init.signal.throwIfAborted();
    throw new RetryableError(`the connection to the customer system at ${url.origin} failed`, {
      cause,
    });
  });
  const { status } = response;
  if (status === 429) {
    const retryAfterSeconds = secondsOf(response.headers.get('retry-after'));
    throw new RetryableError(`${what} answered 429`, { retryAfterSeconds });
  }
  if (status === 408 || status >= 500) throw new RetryableError(`${what} answered ${status}`);
  return { what, status, body };
}

async function send(url: URL, init: RequestInit) {
  const response = await fetch(url, init);
  return { response, body: await response.text() };
}

/** A second when the header says nothing; its other form, a date, is not spoken there. */
const secondsOf = (retryAfter: string | null): number =>
  retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : 1;

function read<S extends z.ZodMiniType>(schema: S, { what, status, body }: Answer): z.infer<S> {
  if (status >= 400) {
    throw new TerminalError(`${what} refused the request with ${status}: ${body.slice(0, 500)}`);
  }
  const parsed = z.safeParse(schema, parseJson(body));
  if (parsed.success) return parsed.data;
  throw new TerminalError(
    `${what} answered ${status} with a body that it should not have: ${body.slice(0, 500)}. Check CRM_URL.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
