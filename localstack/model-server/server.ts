/**
 * The model server: an OpenAI-compatible endpoint that needs no model.
 *
 * Boundary: HTTP on the loopback interface. What it says is `skills.ts`, how it misbehaves `faults.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import {
  type JsonAnswer,
  type JsonRequest,
  problem,
  type RunningServer,
  startJsonServer,
} from '../json-server.ts';
import { type ChatRequest, ChatRequestSchema, complete, skillName } from './chat.ts';
import { FaultPlan, type Faults, FaultsChangeSchema, NO_FAULTS } from './faults.ts';

export interface ModelServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** @default - none */
  readonly faults?: Partial<Faults>;
  /** Of delays and faults. @default 1 */
  readonly seed?: number;
}

export function startModelServer(options: ModelServerOptions): Promise<RunningServer> {
  const faults = { ...NO_FAULTS, ...options.faults };
  const endpoint = new Endpoint(new FaultPlan(faults, options.seed ?? 1, Date.now()));
  return startJsonServer(
    {
      'POST /v1/chat/completions': (request) => endpoint.chat(request),
      'GET /v1/models': () => ({
        status: 200,
        body: {
          object: 'list',
          data: [{ id: 'extractive', object: 'model', owned_by: 'signalbox' }],
        },
      }),
      'GET /health': () => ({ status: 200, body: { status: 'ok' } }),
      'POST /admin/faults': (request) => endpoint.changeFaults(request),
      'GET /admin/stats': () => ({ status: 200, body: endpoint.stats() }),
    },
    options.port,
  );
}

class Endpoint {
  readonly #plan: FaultPlan;
  readonly #counts = { requests: 0, answered: 0, throttled: 0, failed: 0, hung: 0, refused: 0 };
  readonly #bySkill: Record<string, number> = {};
  #inFlight = 0;

  constructor(plan: FaultPlan) {
    this.#plan = plan;
  }

  async chat({ body, signal }: JsonRequest): Promise<JsonAnswer | null> {
    this.#counts.requests += 1;
    const parsed = ChatRequestSchema.safeParse(body);
    if (!parsed.success) {
      this.#counts.refused += 1;
      return problem(400, z.prettifyError(parsed.error));
    }
    this.#inFlight += 1;
    try {
      return await this.#answer(parsed.data, signal);
    } finally {
      this.#inFlight -= 1;
    }
  }

  changeFaults({ body }: JsonRequest): JsonAnswer {
    const parsed = FaultsChangeSchema.safeParse(body ?? {});
    if (!parsed.success) return problem(422, z.prettifyError(parsed.error));
    this.#plan.change(parsed.data, Date.now());
    return { status: 200, body: this.#plan.faults };
  }

  /** Counts since the start; `bySkill`: answers by schema name. */
  stats() {
    return { ...this.#counts, inFlight: this.#inFlight, bySkill: this.#bySkill };
  }

  async #answer(request: ChatRequest, signal: AbortSignal): Promise<JsonAnswer | null> {
    const fate = this.#plan.next(Date.now(), this.#inFlight - 1);
    if (fate.kind === 'throttle') {
      this.#counts.throttled += 1;
      if (!(await waited(fate.delayMs, signal))) return null;
      return {
        ...problem(429, 'rate limit reached'),
        headers: { 'retry-after': String(fate.retryAfterSeconds) },
      };
    }
    if (fate.kind === 'unavailable') {
      this.#counts.failed += 1;
      return problem(503, 'the model is not available');
    }
    if (fate.kind === 'hang') {
      this.#counts.hung += 1;
      await hangUp(signal);
      return null;
    }
    if (!(await waited(fate.delayMs, signal))) return null;
    if (fate.kind === 'error') {
      this.#counts.failed += 1;
      return problem(500, 'the model broke down');
    }
    this.#counts.answered += 1;
    const skill = skillName(request);
    this.#bySkill[skill] = (this.#bySkill[skill] ?? 0) + 1;
    return { status: 200, body: complete(request, Date.now()) };
  }
}

const hangUp = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** `false` when the caller was gone before the time was over. */
async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms <= 0) return true;
  return sleep(ms, true, { signal }).catch(() => false);
}
