/**
 * Breaks what a live system depends on: calls to the embedded cloud fail, wait, or lose their answer.
 *
 * Job: the typed side of the embedded cloud's admin call (`fidelity/faults/`). A rule names a service,
 * if need be an operation and a resource, and what happens to its calls.
 * Boundary: calls of SDKs are harmed, what the cloud does inside itself is not (a state machine that
 * sends to a queue, a mapping that invokes a function). Nothing is harmed without a rule.
 */
import * as z from 'zod/mini';
import { FaultRefusedError, FaultsUnavailableError } from './errors.ts';
import { parseJson } from './parse-json.ts';

/** As requests are signed; `execute-api`: calls of an API Gateway API. */
const FAULTY_SERVICES = [
  'dynamodb',
  'events',
  'execute-api',
  'kinesis',
  'lambda',
  's3',
  'sqs',
  'states',
] as const;

/** What happens to a call. */
const FaultSchema = z.discriminatedUnion('kind', [
  /** Refused, not done. Without a status or code: as the service's own internal error. */
  z.object({
    kind: z.literal('error'),
    status: z.optional(z.number()),
    code: z.optional(z.string()),
    message: z.optional(z.string()),
  }),
  /** Refused, not done: as the service throttles. PutRecords succeeds, and refuses every record. */
  z.object({ kind: z.literal('throttle') }),
  /** Done later: milliseconds, evenly spread between the two. Latencies of several rules add up. */
  z.object({ kind: z.literal('latency'), minMs: z.number(), maxMs: z.optional(z.number()) }),
  /** Done, but the caller gets no answer: the connection ends (default), or an internal error comes. */
  z.object({
    kind: z.literal('lost-response'),
    answer: z.optional(z.enum(['hang-up', 'error'])),
  }),
]);

const RuleSchema = z.object({
  service: z.enum(FAULTY_SERVICES),
  /** `PutItem`; for `execute-api` the HTTP method; S3 and Lambda: plain object calls and `Invoke`. */
  operation: z.optional(z.string()),
  /**
   * Name, or pattern with `*`, of the table, stream, queue, state machine, execution, bucket, function
   * or event bus; for `execute-api` the path. Calls that name none, as SendTaskSuccess, never match.
   */
  resource: z.optional(z.string()),
  fault: FaultSchema,
  /** Part of the matching calls, above 0 and at most 1. @default 1 */
  rate: z.optional(z.number()),
  /** At most this many calls. @default - no limit */
  count: z.optional(z.number()),
  /** Which of the matching calls: the same seed picks the same ones again. @default - random */
  seed: z.optional(z.number()),
});
export type FaultRule = z.infer<typeof RuleSchema>;

/** A rule at work. */
const ActiveFaultSchema = z.extend(RuleSchema, {
  id: z.string(),
  rate: z.number(),
  seed: z.number(),
});
export type ActiveFault = z.infer<typeof ActiveFaultSchema>;

const CountedFaultSchema = z.extend(ActiveFaultSchema, {
  /** Calls that the rule was about, harmed or not. */
  matched: z.number(),
  /** Calls that it harmed. */
  injected: z.number(),
});
export type CountedFault = z.infer<typeof CountedFaultSchema>;

const ListSchema = z.object({ rules: z.array(CountedFaultSchema) });
const RemovedSchema = z.object({ removed: z.array(z.string()) });
const ProblemSchema = z.object({ error: z.object({ message: z.string() }) });

const PATH = '/_signalbox/faults';

export class FaultInjection {
  readonly #url: string;

  /** @param endpoint of an embedded cloud, like `http://127.0.0.1:4566` */
  constructor(endpoint: string) {
    this.#url = `${endpoint}${PATH}`;
  }

  /**
   * Puts a rule to work. Of several that strike the same call the first one made decides.
   * @throws FaultRefusedError saying what is allowed; FaultsUnavailableError
   */
  inject(rule: FaultRule): Promise<ActiveFault> {
    return this.#call('POST', '', ActiveFaultSchema, JSON.stringify(rule));
  }

  /** @throws FaultsUnavailableError */
  async list(): Promise<readonly CountedFault[]> {
    return (await this.#call('GET', '', ListSchema)).rules;
  }

  /**
   * Ends one rule, or all.
   * @returns the ids of what was ended
   * @throws FaultRefusedError for an id that no rule has; FaultsUnavailableError
   */
  async clear(id?: string): Promise<readonly string[]> {
    const query = id === undefined ? '' : `?id=${encodeURIComponent(id)}`;
    return (await this.#call('DELETE', query, RemovedSchema)).removed;
  }

  async #call<S extends z.ZodMiniType>(
    method: string,
    query: string,
    schema: S,
    body?: string,
  ): Promise<z.infer<S>> {
    const answer = await fetch(`${this.#url}${query}`, {
      method,
      ...(body !== undefined && { body }),
    }).catch((error: unknown) => {
      throw new FaultsUnavailableError(this.#url, String(error));
    });
    const text = await answer.text();
    const refusal = parseJson(ProblemSchema, text);
    if (refusal !== null) throw new FaultRefusedError(refusal.error.message);
    const value = answer.ok ? parseJson(schema, text) : null;
    if (value === null) throw new FaultsUnavailableError(this.#url, `status ${answer.status}`);
    return value;
  }
}
