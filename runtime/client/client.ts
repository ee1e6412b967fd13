import type {
  ApprovalView,
  EventAccepted,
  EventPage,
  Health,
  Overload,
  PayloadPart,
  RunDiff,
  RunPage,
  RunView,
  StopReport,
  Trace,
  WorkflowView,
} from '../contracts/api.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import { isTerminal, type RunStatus } from '../contracts/status.ts';
import { referencesIn, withReferenced } from '../core/payload-references.ts';
import { queryText } from './ask.ts';
import { OperationsClient } from './operations.ts';
import { takeTurn } from './take-turn.ts';
import { Transport, type TransportOptions } from './transport.ts';

export interface StartRunOptions {
  /** The workflow's name. */
  readonly workflow: string;
  readonly input: unknown;
  /** The same key and input give the same run, however often it is sent. @default - a new one: this call starts one run, however often it has to be sent */
  readonly idempotencyKey?: string;
  /** Seconds to wait for the end of the run, 0 to 25. @default 0 */
  readonly waitSeconds?: number;
  /** After this instant the answer is worth nothing; may only shorten the workflow's own deadline. */
  readonly deadline?: Date;
  /** W3C trace context to go on with. */
  readonly traceparent?: string;
  /** While the line is full, the run waits outside for its turn, so many seconds at most. @default 60 */
  readonly patienceSeconds?: number;
  /** Told whenever it has to wait. */
  readonly onFull?: (overload: Overload) => void;
  readonly signal?: AbortSignal;
}

export interface ListRunsOptions {
  readonly workflow?: string;
  readonly status?: RunStatus;
  readonly tag?: { readonly key: string; readonly value: string };
  /** Accepted at or after, before. */
  readonly from?: Date;
  readonly to?: Date;
  /** Runs on a page, 1 to 100. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

export interface EventsOptions {
  /** `next` of the page before. */
  readonly after?: string;
  /** Seconds to wait for a first event, 0 to 20. @default 0 */
  readonly waitSeconds?: number;
  readonly signal?: AbortSignal;
}

export interface StopRunOptions {
  /** The generation to stop: none after it is, if the run was resumed meanwhile. @default - the one that the run is in when the request arrives */
  readonly generation?: number;
  /** For people. @default - none */
  readonly reason?: string;
  readonly signal?: AbortSignal;
}

export interface ResumeRunOptions {
  /** The generation to follow: however often it is sent, it is followed once. @default - the one that the run is in now */
  readonly generation?: number;
  /** Inputs in place of the workflow's, by step path. */
  readonly patches?: Readonly<Record<string, unknown>>;
  /** For people. @default - none */
  readonly reason?: string;
  readonly signal?: AbortSignal;
}

export interface ForkRunOptions {
  /** The step from which on everything is done anew. @default - from the start */
  readonly from?: string;
  /** Inputs in place of the workflow's, by step path. */
  readonly patches?: Readonly<Record<string, unknown>>;
  /** Lets the fork perform effects that the origin has not. @default false */
  readonly liveEffects?: boolean;
  /** The same key and request give the same fork, however often it is sent. @default - a new one */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface SendEventOptions {
  readonly type: string;
  readonly data: unknown;
  /** The run that hears of it. @default - a new one, of the agents that react to it */
  readonly run?: string;
  /** Whose run it begins, where several subscriptions take the event. */
  readonly subscriptions?: string;
  /** The same key and event are told once, however often they are sent. @default - a new one: this call tells one event, however often it has to be sent */
  readonly idempotencyKey?: string;
  /** W3C trace context to go on with, of a new run. */
  readonly traceparent?: string;
  readonly signal?: AbortSignal;
}

export interface DecideOptions {
  /** The step's path. */
  readonly step: string;
  /** One of the approval's options. */
  readonly decision: string;
  /** For people. @default - none */
  readonly note?: string;
  /** Who decides; counts only where the API's requests are not signed. @default - unknown */
  readonly by?: string;
  readonly signal?: AbortSignal;
}

/** As long as people wait for an answer; places that the API gives are within it. */
const PATIENCE_SECONDS = 60;

/** Longest wait that the API takes for events, in seconds. */
const LONGEST_WAIT_SECONDS = 20;

const TERMINAL_EVENT = /^signalbox\.run\.(succeeded|failed|expired|stopped)$/;

/**
 * The HTTP API, typed. Requests are sent again when an answer is lost, on 429 and on 5xx; a start, a
 * fork or an event carries an idempotency key, a resume its generation: none of them happens twice.
 * Every method throws ProblemError when the API refuses, ApiUnreachableError when it cannot be asked.
 */
export class SignalboxClient extends OperationsClient {
  readonly #transport: Transport;

  constructor(options: TransportOptions) {
    const transport = new Transport(options);
    super((path, request) => transport.json({ method: 'GET', path, ...request }));
    this.#transport = transport;
  }

  /** What a workflow takes. */
  async workflow(
    name: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<WorkflowView> {
    return this.ask<WorkflowView>(`/workflows/${encodeURIComponent(name)}`, options);
  }

  /** Starts a run, if need be when it is its turn; the view has its output if it ended within `waitSeconds`. */
  async startRun(options: StartRunOptions): Promise<RunView> {
    const { workflow, input, idempotencyKey, waitSeconds, deadline, traceparent, signal } = options;
    const { patienceSeconds = PATIENCE_SECONDS, onFull } = options;
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey ?? crypto.randomUUID(),
      ...(waitSeconds !== undefined && { prefer: `wait=${waitSeconds}` }),
      ...(deadline && { 'signalbox-deadline': deadline.toISOString() }),
      ...(traceparent !== undefined && { traceparent }),
    };
    const sleep = (ms: number) => this.#transport.sleep(ms, signal);
    return takeTurn({ patienceSeconds, onFull, sleep }, (place) =>
      this.ask<RunView>(`/workflows/${encodeURIComponent(workflow)}/runs`, {
        method: 'POST',
        headers: { ...headers, ...place },
        body: JSON.stringify(input) ?? 'null',
        signal,
      }),
    );
  }

  /** Runs, newest first, page by page. */
  async listRuns(options: ListRunsOptions = {}): Promise<RunPage> {
    const { workflow, status, tag, from, to, limit, cursor, signal } = options;
    const query = queryText({
      workflow,
      status,
      tag: tag && `${tag.key}:${tag.value}`,
      from: from?.toISOString(),
      to: to?.toISOString(),
      limit,
      cursor,
    });
    return this.ask<RunPage>(`/runs${query}`, { signal });
  }

  async run(id: string, options: { readonly signal?: AbortSignal } = {}): Promise<RunView> {
    return this.ask<RunView>(`/runs/${encodeURIComponent(id)}`, options);
  }

  /** One page of what happened; a later page may give events again, told by their ids. */
  async events(id: string, options: EventsOptions = {}): Promise<EventPage> {
    const { after, waitSeconds, signal } = options;
    const query = queryText({ after, wait: waitSeconds });
    return this.ask<EventPage>(`/runs/${encodeURIComponent(id)}/events${query}`, { signal });
  }

  /** Every event of the run, each once, as it happens, until the run has ended. */
  async *watch(
    id: string,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<SignalboxEvent, void, undefined> {
    const seen = new Set<string>();
    let after: string | undefined;
    let [sawEnd, hasEnded] = [false, false];
    for (;;) {
      const page = await this.events(id, {
        ...(after !== undefined && { after }),
        // Once the end is known, what is there already is fetched, and no more is waited for.
        waitSeconds: hasEnded ? 0 : LONGEST_WAIT_SECONDS,
        ...options,
      });
      // Of a busy run, the API gives some events again.
      const events = page.events.filter(({ id }) => !seen.has(id));
      for (const { id } of events) seen.add(id);
      yield* events;
      if (hasEnded && !page.more) return;
      sawEnd ||= page.events.some(({ type }) => TERMINAL_EVENT.test(type));
      // Another generation may have followed the one that has ended.
      hasEnded ||= sawEnd && isTerminal((await this.run(id, options)).status);
      after = page.next;
    }
  }

  /** The whole output of a run, with what a view of it shows as references. */
  async output(
    { id, output }: Pick<RunView, 'id' | 'output'>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const texts = new Map<string, string>();
    for (const { reference } of referencesIn(output)) {
      if (!reference || texts.has(reference.sha256)) continue;
      texts.set(reference.sha256, await this.#payload(id, reference.sha256, options));
    }
    return withReferenced(output, (sha256) => {
      const text = texts.get(sha256);
      return text === undefined ? null : { value: JSON.parse(text) };
    });
  }

  async #payload(
    run: string,
    sha256: string,
    options: { readonly signal?: AbortSignal },
  ): Promise<string> {
    let text = '';
    for (let part = 0, parts = 1; part < parts; part += 1) {
      const path = `/runs/${encodeURIComponent(run)}/payloads/${sha256}${queryText({ part })}`;
      const found = await this.ask<PayloadPart>(path, options);
      text += found.text;
      parts = found.parts;
    }
    return text;
  }

  /**
   * Where the time of a generation went.
   * @param options.gen which generation @default - the newest
   */
  async trace(
    id: string,
    { gen, ...options }: { readonly gen?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Trace> {
    return this.ask<Trace>(`/runs/${encodeURIComponent(id)}/trace${queryText({ gen })}`, options);
  }

  /** Stops a run, and tells what was under way; a run that was stopped already stays so. */
  async stopRun(id: string, options: StopRunOptions = {}): Promise<StopReport> {
    const { generation, reason, signal } = options;
    return this.#change<StopReport>(id, 'stop', { body: { generation, reason }, signal });
  }

  /** Goes on with a run that has not succeeded, in its next generation. */
  async resumeRun(id: string, options: ResumeRunOptions = {}): Promise<RunView> {
    const { patches, reason, signal } = options;
    const generation = options.generation ?? (await this.run(id, signal && { signal })).gen;
    return this.#change<RunView>(id, 'resume', { body: { generation, patches, reason }, signal });
  }

  /**
   * A person's answer to a step that asks for one. The first decision stays: the same one again is
   * answered as it is on record, another one is refused.
   */
  async decideApproval(id: string, options: DecideOptions): Promise<ApprovalView> {
    const { step, decision, note, by, signal } = options;
    return this.#change<ApprovalView>(id, `approvals/${encodeURIComponent(step)}`, {
      body: { decision, note, by },
      signal,
    });
  }

  /** Starts a new run that takes over what a run has recorded before a step; without one, a new run of the same input. */
  async forkRun(id: string, options: ForkRunOptions = {}): Promise<RunView> {
    const { from, patches, liveEffects, idempotencyKey, signal } = options;
    return this.#change<RunView>(id, 'fork', {
      body: { from, patches, liveEffects },
      headers: { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() },
      signal,
    });
  }

  /** Tells an event from outside: to a run, or to a new run of the agents that react to it. */
  async sendEvent(options: SendEventOptions): Promise<EventAccepted> {
    const { idempotencyKey, traceparent, signal, ...event } = options;
    return this.ask<EventAccepted>('/events', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey ?? crypto.randomUUID(),
        ...(traceparent !== undefined && { traceparent }),
      },
      body: JSON.stringify(event),
      signal,
    });
  }

  /** What two runs did differently. */
  async diffRuns(
    a: string,
    b: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<RunDiff> {
    const path = `/runs/${encodeURIComponent(a)}/diff/${encodeURIComponent(b)}`;
    return this.ask<RunDiff>(path, options);
  }

  async health(options: { readonly signal?: AbortSignal } = {}): Promise<Health> {
    return this.ask<Health>('/health', options);
  }

  #change<T>(
    id: string,
    what: 'stop' | 'resume' | 'fork' | `approvals/${string}`,
    {
      body,
      headers = {},
      signal,
    }: {
      readonly body: object;
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<T> {
    return this.ask<T>(`/runs/${encodeURIComponent(id)}/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal,
    });
  }
}
