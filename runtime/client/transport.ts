/**
 * One request to the API, sent again while that is safe and may help.
 *
 * Invariants
 * C1. Only requests that may be repeated come here: reads, stops, starts and forks with an idempotency
 *     key, resumes that name the generation they follow, orders to quotas.
 * C2. A refusal (4xx) other than 429 is final; a lost answer, a 429 and a 5xx are not. A 429 that says
 *     when it is the request's turn is the caller's to wait for (`take-turn.ts`).
 */
import { setTimeout } from 'node:timers/promises';
import type { Problem } from '../contracts/api.ts';
import { ApiUnreachableError, ProblemError } from './errors.ts';

export interface TransportOptions {
  readonly baseUrl: string;
  /** Sends a request; wrap it to sign requests. @default - the platform's */
  readonly fetch?: typeof fetch;
  /** Resolves after `ms`. @default - a timer */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to 1, spreads the retries of many clients. @default - random */
  readonly jitter?: () => number;
  /** Sends of one request, the first included. @default 5 */
  readonly maxSends?: number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** From the base URL on, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

const pause = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await setTimeout(ms, undefined, signal && { signal });
};

const random = (): number => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;

interface Answer {
  readonly status: number;
  readonly text: string;
  /** What the header Retry-After says, in milliseconds; 0 when it says nothing. */
  readonly retryAfterMs: number;
}

export class Transport {
  readonly #options: Required<TransportOptions>;

  constructor(options: TransportOptions) {
    const baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#options = { fetch, sleep: pause, jitter: random, maxSends: 5, ...options, baseUrl };
  }

  /**
   * The JSON that the API answers.
   * @throws ProblemError when it refuses, ApiUnreachableError when it cannot be asked.
   */
  async json(request: ApiRequest): Promise<unknown> {
    const { maxSends, sleep } = this.#options;
    for (let sends = 1; ; sends += 1) {
      const answer = await this.#send(request).catch((error: unknown) => {
        if (sends < maxSends && error instanceof ApiUnreachableError) return null;
        throw error;
      });
      if (answer !== null && (sends >= maxSends || !mayHelpAgain(answer))) {
        return this.#read(answer);
      }
      await sleep(answer?.retryAfterMs || this.#backoffMs(sends), request.signal);
    }
  }

  /** Waits, as between two sends. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#options.sleep(ms, signal);
  }

  /** @throws ApiUnreachableError when no answer came, or only a part of it. */
  async #send({ path, signal, ...init }: ApiRequest): Promise<Answer> {
    try {
      const response = await this.#options.fetch(`${this.#options.baseUrl}${path}`, {
        ...init,
        ...(signal && { signal }),
      });
      const retryAfter = Number(response.headers.get('retry-after'));
      return {
        status: response.status,
        text: await response.text(),
        retryAfterMs: retryAfter > 0 ? retryAfter * 1000 : 0,
      };
    } catch (cause) {
      // fetch says "no connection" with a TypeError; anything else (an abort, missing credentials) is the caller's.
      if (!(cause instanceof TypeError)) throw cause;
      throw this.#unreachable(cause);
    }
  }

  /** Exponential, with full jitter. */
  #backoffMs(sends: number): number {
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (sends - 1));
    return Math.ceil(most * this.#options.jitter());
  }

  #read({ status, text }: Answer): unknown {
    if (status < 200 || status > 299) throw new ProblemError(problemOf(status, text));
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ApiUnreachableError(
        `${this.#options.baseUrl} answered ${status} with something that is not JSON ("${text.slice(0, 80)}"); is this the URL of a Signalbox API?`,
        { cause },
      );
    }
  }

  #unreachable(cause: TypeError): ApiUnreachableError {
    return new ApiUnreachableError(
      `${this.#options.baseUrl} does not answer (${reasonOf(cause)}); check the URL and that the API is up`,
      { cause },
    );
  }
}

const mayHelpAgain = ({ status, text }: Answer): boolean =>
  status >= 500 || (status === 429 && problemOf(status, text).overload === undefined);

const reasonOf = ({ cause, message }: TypeError): string =>
  cause instanceof Error && cause.message !== '' ? cause.message : message;

/** The problem in an answer; made up from the status where a gateway said no in its own words. */
function problemOf(status: number, text: string): Problem {
  const title = `HTTP ${status}`;
  const body = parseObject(text);
  if (typeof body?.type === 'string' && typeof body.detail === 'string') {
    return { title, ...body, type: body.type, detail: body.detail, status };
  }
  const said = typeof body?.message === 'string' ? body.message : text.slice(0, 200);
  return { type: 'about:blank', title, status, detail: said === '' ? title : said };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
