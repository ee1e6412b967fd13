import { ThrottledError } from '#runtime/contracts/errors.ts';
import type { Span } from '#runtime/contracts/span.ts';
import { otlpRequest } from '#runtime/core/export/otlp.ts';
import type { SpanExporter } from '#runtime/ports.ts';

/** Spans of one request: some 400 KB, and receivers take 4 MB or more. */
const REQUEST_MAX_SPANS = 500;
const TIMEOUT_MS = 5000;
/** Answers after which the protocol wants another try; any other refusal is final. */
const TRY_AGAIN = new Set([429, 502, 503, 504]);

type Rejected = Awaited<ReturnType<SpanExporter['export']>>;

/** OTLP over HTTP, as JSON. */
export class OtlpSpanExporter implements SpanExporter {
  readonly #options: {
    readonly endpoint: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly stage: string;
  };

  constructor(options: {
    /** Without path: `/v1/traces` follows. */
    readonly endpoint: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly stage: string;
  }) {
    this.#options = options;
  }

  async export(spans: readonly Span[]): Promise<Rejected> {
    const refusals = [];
    for (let at = 0; at < spans.length; at += REQUEST_MAX_SPANS) {
      refusals.push(await this.#send(spans.slice(at, at + REQUEST_MAX_SPANS)));
    }
    const [first, ...more] = refusals.filter((refusal) => refusal !== null);
    return first
      ? { ...first, rejected: more.reduce((sum, { rejected }) => sum + rejected, first.rejected) }
      : null;
  }

  async #send(spans: readonly Span[]): Promise<Rejected> {
    const { endpoint, headers, stage } = this.#options;
    const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: otlpRequest(spans, { stage }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = await response.text();
    if (TRY_AGAIN.has(response.status)) {
      throw new ThrottledError(
        `the receiver of traces at ${url} answers ${response.status}; the spans are sent again`,
      );
    }
    if (response.ok) return partlyRejected(answer);
    const why = `${url} answers ${response.status}: ${answer.slice(0, 300)}`;
    return { rejected: spans.length, why };
  }
}

/** What a receiver that took the request says about single spans of it. */
function partlyRejected(answer: string): Rejected {
  const { rejectedSpans = 0, errorMessage = '' } = partialSuccess(answer);
  const rejected = Number(rejectedSpans);
  return rejected > 0 ? { rejected, why: String(errorMessage) } : null;
}

function partialSuccess(answer: string): { rejectedSpans?: unknown; errorMessage?: unknown } {
  try {
    return Object(Object(JSON.parse(answer)).partialSuccess);
  } catch {
    // An answer that is no JSON says nothing about single spans.
    return {};
  }
}
