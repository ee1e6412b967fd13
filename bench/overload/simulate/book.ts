import type { System } from '#runtime/ports.ts';
import type { ClientRequest } from '../measures.ts';

type Ended = Pick<ClientRequest, 'end'>['end'];

/** What the clients of a story have seen. */
export class Book {
  readonly #system: System;
  readonly #startMs: number;
  readonly #requests: ClientRequest[] = [];

  constructor(system: System) {
    this.#system = system;
    this.#startMs = system.now();
  }

  /** Somebody wants an answer. */
  open(tenant: string): OpenRequest {
    const index = this.#requests.length;
    const write = (request: ClientRequest): void => {
      this.#requests[index] = request;
    };
    const now = (): number => (this.#system.now() - this.#startMs) / 1000;
    return new OpenRequest(tenant, now, write);
  }

  get requests(): readonly ClientRequest[] {
    return this.#requests;
  }
}

/** One request that is under way. Its first end counts. */
export class OpenRequest {
  readonly #now: () => number;
  readonly #write: (request: ClientRequest) => void;
  #seen: ClientRequest;

  constructor(tenant: string, now: () => number, write: (request: ClientRequest) => void) {
    this.#now = now;
    this.#write = write;
    this.#seen = { tenant, askedAt: now(), asked: 0, end: 'open', endedAt: now() };
    this.#write(this.#seen);
  }

  get tenant(): string {
    return this.#seen.tenant;
  }

  asks(): void {
    this.#note({ asked: this.#seen.asked + 1 });
  }

  accepted(): void {
    this.#note({ acceptedAt: this.#now() });
  }

  ends(end: Exclude<Ended, 'open'>): void {
    if (this.#seen.end === 'open') this.#note({ end, endedAt: this.#now() });
  }

  #note(change: Partial<ClientRequest>): void {
    this.#seen = { ...this.#seen, ...change };
    this.#write(this.#seen);
  }
}
