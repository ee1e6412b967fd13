/**
 * The customer system: an outside service that knows the history of leads and keeps how they were
 * qualified, so that effects can be counted where the ledger has no say.
 *
 * Boundary: HTTP on the loopback interface; qualifications live as long as the process. Histories are
 * those of `data/leads/`.
 *
 * Invariants: those of keyed writes, and
 * K3. The rate limit counts every request for a lead, whatever becomes of it.
 */
import * as z from 'zod';
import { readCustomers } from '../../data/leads/customers.ts';
import { holdRoutes } from '../hold.ts';
import {
  type JsonAnswer,
  type JsonRequest,
  type JsonRoute,
  problem,
  type RunningServer,
  startJsonServer,
} from '../json-server.ts';
import { KeyedWrites } from '../keyed-writes.ts';
import { TokenBucket } from '../token-bucket.ts';

const NewQualification = z.strictObject({
  leadId: z.string().min(1).max(64),
  segment: z.string().min(1).max(64),
  score: z.number().min(0).max(1),
  grade: z.string().min(1).max(64),
});
const LimitRequest = z.strictObject({
  /** `null`: none. */
  rateLimit: z.nullable(
    z.strictObject({ perSecond: z.number().positive(), burst: z.int().min(1) }),
  ),
});

/** @param options.port 0 takes a free one */
export function startCrm(options: { readonly port: number }): Promise<RunningServer> {
  const crm = new Crm();
  const limited =
    (route: JsonRoute): JsonRoute =>
    (request) =>
      crm.refusal() ?? route(request);
  return startJsonServer(
    {
      'GET /histories': limited((request) => crm.history(request)),
      'PUT /qualifications': limited((request) => crm.qualifications.write(request)),
      'GET /qualifications': (request) => crm.list(request),
      'GET /admin/stats': () => ({ status: 200, body: crm.stats() }),
      'POST /admin/limit': (request) => crm.limit(request),
      ...holdRoutes(crm.qualifications.gate, () => crm.stats()),
      'GET /health': () => ({ status: 200, body: { status: 'ok' } }),
    },
    options.port,
  );
}

class Crm {
  readonly #histories = new Map(
    readCustomers().map(({ lead, history }) => [lead.leadId, history] as const),
  );
  readonly qualifications = new KeyedWrites(NewQualification, (sent, n) => ({
    id: `Q-${n + 1}`,
    ...sent,
  }));
  readonly #counts = { histories: 0, throttled: 0 };
  #bucket: TokenBucket | undefined;

  history({ query }: JsonRequest): JsonAnswer {
    this.#counts.histories += 1;
    const lead = query.get('lead');
    const history = lead === null ? undefined : this.#histories.get(lead);
    return history
      ? { status: 200, body: history }
      : problem(404, `no history of lead ${JSON.stringify(lead)}`);
  }

  list({ query }: JsonRequest): JsonAnswer {
    const lead = query.get('lead');
    const qualifications = this.qualifications
      .list()
      .filter(({ leadId }) => lead === null || leadId === lead);
    return { status: 200, body: { qualifications } };
  }

  /** The answer of the rate limit to a request beyond it. */
  refusal(): JsonAnswer | null {
    const seconds = this.#bucket?.take(Date.now()) ?? 0;
    if (seconds === 0) return null;
    this.#counts.throttled += 1;
    return { ...problem(429, 'rate limit reached'), headers: { 'retry-after': String(seconds) } };
  }

  /** A new rate limit begins with its burst. */
  limit({ body }: JsonRequest): JsonAnswer {
    const parsed = LimitRequest.safeParse(body ?? {});
    if (!parsed.success) return problem(422, z.prettifyError(parsed.error));
    const { rateLimit } = parsed.data;
    this.#bucket = rateLimit === null ? undefined : new TokenBucket(rateLimit, Date.now());
    return { status: 200, body: parsed.data };
  }

  /**
   * `histories`, `writes`: requests that the rate limit let pass; `qualifications`: what was written;
   * `held`: writes waiting now; `abandoned`: hung up while held.
   */
  stats() {
    const { written: qualifications, asked: writes, ...counts } = this.qualifications.stats();
    return { ...this.#counts, writes, qualifications, ...counts };
  }
}
