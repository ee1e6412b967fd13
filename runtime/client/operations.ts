import type {
  DeadLetterPage,
  LanesOrder,
  QuotaList,
  ReplayView,
  RunView,
} from '../contracts/api.ts';
import type { ConsumerList } from '../contracts/consumers.ts';
import type { FleetView, QuotaView } from '../contracts/fleet.ts';
import type { DeadLetter } from '../contracts/ledger.ts';
import type { QuotaOrder } from '../core/quota-limits.ts';
import { type Ask, queryText } from './ask.ts';

interface Options {
  readonly signal?: AbortSignal;
}

export interface DeadLettersOptions {
  /** Letters on a page, 1 to 100. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

export interface RedriveOptions {
  /** Of the step that died. @default - the one that the workflow sends */
  readonly input?: unknown;
  /** For people. */
  readonly reason?: string;
  readonly signal?: AbortSignal;
}

export interface ReplayOptions extends Options {
  /** Of the events: ISO 8601. */
  readonly from: string;
  /** @default - now */
  readonly to?: string;
  readonly run?: string;
  readonly type?: string;
  /** Of the router: only the rule of this name reacts. */
  readonly rule?: string;
  /** Events per second, 1 to 1,000. @default 100 */
  readonly rate?: number;
  readonly dryRun?: boolean;
  /** Reactions may change the world outside. @default false */
  readonly effects?: boolean;
}

/** The part of the API that is for those who keep an installation going. */
export class OperationsClient {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Dead letters, newest first, page by page, without their bodies. */
  async deadLetters({ limit, cursor, signal }: DeadLettersOptions = {}): Promise<DeadLetterPage> {
    return this.ask<DeadLetterPage>(`/dead-letters${queryText({ limit, cursor })}`, { signal });
  }

  async deadLetter(id: string, options: Options = {}): Promise<DeadLetter> {
    return this.ask<DeadLetter>(`/dead-letters/${encodeURIComponent(id)}`, options);
  }

  /** Resumes the run of a dead letter, with another input for the step that died if one is given. */
  async redriveDeadLetter(id: string, options: RedriveOptions = {}): Promise<RunView> {
    const { input, reason, signal } = options;
    return this.ask<RunView>(`/dead-letters/${encodeURIComponent(id)}/redrive`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input, reason }),
      signal,
    });
  }

  /** Where work waits, why, and when that clears. */
  async fleet(options: Options = {}): Promise<FleetView> {
    return this.ask<FleetView>('/fleet', options);
  }

  /** How far the consumers of the event stream are, and what waits in their lanes. */
  async consumers(options: Options = {}): Promise<ConsumerList> {
    return this.ask<ConsumerList>('/consumers', options);
  }

  async quotas(options: Options = {}): Promise<QuotaList> {
    return this.ask<QuotaList>('/quotas', options);
  }

  /** Changes a quota from now on, also for the calls that wait in its line; gives it as it is then. */
  async changeQuota(name: string, order: QuotaOrder, options: Options = {}): Promise<QuotaView> {
    return this.ask<QuotaView>(`/quotas/${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
      ...options,
    });
  }

  /** Feeds past events to a consumer once more; says where that is. */
  async startReplay(consumer: string, { signal, ...order }: ReplayOptions): Promise<ReplayView> {
    return this.#post<ReplayView>(
      `${pathOf(consumer)}/replays`,
      order,
      { signal },
      crypto.randomUUID(),
    );
  }

  async replay(consumer: string, id: string, options: Options = {}): Promise<ReplayView> {
    return this.ask<ReplayView>(`${pathOf(consumer)}/replays/${encodeURIComponent(id)}`, options);
  }

  /** Sets a replay going again that stands still. */
  async goOnReplay(consumer: string, id: string, options: Options = {}): Promise<ReplayView> {
    return this.#post<ReplayView>(
      `${pathOf(consumer)}/replays/${encodeURIComponent(id)}`,
      {},
      options,
    );
  }

  /** Makes the read model anew of the archive, beside the live one, and compares the two. */
  async startRebuild(
    consumer: string,
    { signal, ...order }: Options & { readonly rate?: number } = {},
  ): Promise<ReplayView> {
    return this.#post<ReplayView>(
      `${pathOf(consumer)}/rebuilds`,
      order,
      { signal },
      crypto.randomUUID(),
    );
  }

  /** Handles again what waits in a consumer's lanes: of one run, or of all. */
  async drainLanes(
    consumer: string,
    { signal, ...order }: Options & { readonly run?: string } = {},
  ): Promise<LanesOrder> {
    return this.#post<LanesOrder>(`${pathOf(consumer)}/lanes`, order, { signal });
  }

  #post<T>(
    path: string,
    body: object,
    { signal }: { readonly signal?: AbortSignal | undefined },
    idempotencyKey?: string,
  ): Promise<T> {
    return this.ask<T>(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      body: JSON.stringify(body),
      signal,
    });
  }

  /** The one place that takes the API at its word: the shapes are those it was built with. */
  protected async ask<T>(path: string, request: Parameters<Ask>[1]): Promise<T> {
    return (await this.#ask(path, request)) as T;
  }
}

const pathOf = (consumer: string): string => `/consumers/${encodeURIComponent(consumer)}`;
