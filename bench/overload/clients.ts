/**
 * The clients of one pipeline: what they asked, and what became of it as they saw it.
 *
 * Boundary: the instants are those of this process; a client learns of its answer when it looks.
 */
import type { Lead } from '../../functions/lead-qualification/contracts.ts';
import type { ClientRequest } from './measures.ts';

/** What a request's client is told at the front door. */
export interface Asked {
  /** When the request was sent that was let in; `null`: none was, and the client has given up. */
  readonly acceptedAtMs: number | null;
  /** Times it was sent. */
  readonly sends: readonly Send[];
}

export interface Send {
  readonly atMs: number;
  readonly isAccepted: boolean;
}

export interface Ended {
  readonly id: string;
  readonly end: 'answered' | 'expired' | 'failed';
}

/** A pipeline from its client's side. */
export interface Pipeline {
  /** @param signal the client stops asking */
  ask(id: string, lead: Lead, signal?: AbortSignal): Promise<Asked>;
  /** What ended lately; some of it was told before. @param sinceMs acceptance of the oldest that is open */
  ended(sinceMs: number): Promise<readonly Ended[]>;
}

/** Every request's sends, in seconds since the story began. */
export interface Presentation {
  readonly id: string;
  readonly at: number;
  readonly isAccepted: boolean;
}

export class Clients {
  readonly #pipeline: Pipeline;
  readonly #startMs: number;
  readonly #leave: AbortSignal;
  readonly #requests = new Map<string, ClientRequest>();
  readonly #presentations: Presentation[] = [];
  readonly #open = new Set<string>();

  /**
   * @param startMs when the story began, of `performance.now()`
   * @param leave whoever is not let in yet leaves, so that nobody comes to the next story out of this one
   */
  constructor(pipeline: Pipeline, startMs: number, leave: AbortSignal) {
    this.#pipeline = pipeline;
    this.#startMs = startMs;
    this.#leave = leave;
  }

  get requests(): readonly ClientRequest[] {
    return [...this.#requests.values()];
  }

  get presentations(): readonly Presentation[] {
    return this.#presentations;
  }

  /** Let in, and not ended as far as is known. */
  get openCount(): number {
    return this.#open.size;
  }

  /** One client's request, until it is let in or sent away for good. */
  async ask(id: string, lead: Lead): Promise<void> {
    const askedAt = this.#now();
    this.#requests.set(id, { tenant: 'default', askedAt, asked: 0, end: 'open', endedAt: askedAt });
    const { acceptedAtMs, sends } = await this.#pipeline.ask(id, lead, this.#leave);
    for (const { atMs, isAccepted } of sends) {
      this.#presentations.push({ id, at: this.#second(atMs), isAccepted });
    }
    this.#change(id, { asked: sends.length });
    if (acceptedAtMs === null) {
      if (!this.#leave.aborted) this.#change(id, { end: 'rejected', endedAt: this.#now() });
      return;
    }
    this.#change(id, { acceptedAt: this.#second(acceptedAtMs), toldAt: this.#now() });
    this.#open.add(id);
  }

  /** Looks for what has ended. */
  async look(): Promise<void> {
    const oldest = Math.min(
      ...[...this.#open].map((id) => this.#requests.get(id)?.acceptedAt ?? 0),
    );
    if (this.#open.size === 0) return;
    const ended = await this.#pipeline.ended(this.#startMs + oldest * 1000);
    for (const { id, end } of ended) {
      if (!this.#open.delete(id)) continue;
      this.#change(id, { end, endedAt: this.#now() });
    }
  }

  #change(id: string, change: Partial<ClientRequest>): void {
    const known = this.#requests.get(id);
    if (known) this.#requests.set(id, { ...known, ...change });
  }

  #now(): number {
    return this.#second(performance.now());
  }

  #second(atMs: number): number {
    return (atMs - this.#startMs) / 1000;
  }
}
