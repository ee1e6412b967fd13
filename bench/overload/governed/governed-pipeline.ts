import { SignalboxClient } from '#runtime/client/client.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import { type Lead, leadQualification } from '../../../functions/lead-qualification/contracts.ts';
import type { Asked, Ended, Pipeline, Send } from '../clients.ts';
import { Pool } from '../pool.ts';

/**
 * So long a client whose run is not let in waits for its turn, at most. Whoever waits outside is demand
 * after the spike: with a minute's patience the recovery takes a minute longer, whatever the server does.
 */
const PATIENCE_SECONDS = 30;

/**
 * Requests that are under way at once, as a pool of connections bounds them: the local cloud starts a
 * process for each that finds none idle, and has a fixed number of threads to serve them all.
 */
const CONNECTIONS = 8;

/** A look that takes longer is given up; the next one sees it all. */
const LOOK_LIMIT_MS = 10_000;

/** The client's side of the governed pipeline: the bundled client, whose requests are written down. */
export class GovernedPipeline implements Pipeline {
  readonly #apiUrl: string;
  readonly #client: SignalboxClient;
  readonly #connections = new Pool(CONNECTIONS);
  /** Request's id by its run's. */
  readonly #requests = new Map<string, string>();

  constructor(apiUrl: string) {
    this.#apiUrl = apiUrl;
    this.#client = new SignalboxClient({ baseUrl: apiUrl });
  }

  async ask(id: string, lead: Lead, signal?: AbortSignal): Promise<Asked> {
    const sends: Send[] = [];
    const observed: typeof fetch = (...request) =>
      this.#connections.use(async () => {
        const atMs = performance.now();
        const response = await fetch(...request);
        sends.push({ atMs, isAccepted: response.ok });
        return response;
      });
    const client = new SignalboxClient({ baseUrl: this.#apiUrl, fetch: observed });
    const run = await client
      .startRun({
        ...{ workflow: leadQualification.name, input: lead, idempotencyKey: id },
        patienceSeconds: PATIENCE_SECONDS,
        ...(signal && { signal }),
      })
      .catch(() => null);
    if (run === null) return { acceptedAtMs: null, sends };
    this.#requests.set(run.id, id);
    return { acceptedAtMs: sends.at(-1)?.atMs ?? null, sends };
  }

  async ended(sinceMs: number): Promise<readonly Ended[]> {
    const from = new Date(performance.timeOrigin + sinceMs - 1000);
    const ended: Ended[] = [];
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
      const page = await this.#client.listRuns({
        ...{ workflow: leadQualification.name, from, limit: 100 },
        ...(cursor !== undefined && { cursor }),
        signal: AbortSignal.timeout(LOOK_LIMIT_MS),
      });
      for (const { id: run, status } of page.runs) {
        const id = this.#requests.get(run);
        if (id !== undefined && isTerminal(status)) ended.push({ id, end: endOf(status) });
      }
      cursor = page.next;
    }
    return ended;
  }
}

function endOf(status: string): Ended['end'] {
  if (status === 'succeeded') return 'answered';
  return status === 'expired' ? 'expired' : 'failed';
}
