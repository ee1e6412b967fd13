import type { System } from '../ports.ts';

/** How long the first items wait for company. */
const GATHER_MS = 20;

/** Items of concurrent calls, sent together: all who add within a moment share one sending, and its fate. */
export class Gathering<T> {
  readonly #system: System;
  readonly #send: (items: readonly T[]) => Promise<void>;
  #waiting: T[] = [];
  #next: Promise<void> | null = null;

  constructor(system: System, send: (items: readonly T[]) => Promise<void>) {
    this.#system = system;
    this.#send = send;
  }

  /** Resolves once the items were sent; rejects with whatever the sending throws. */
  async add(items: readonly T[]): Promise<void> {
    if (items.length === 0) return;
    this.#waiting.push(...items);
    this.#next ??= this.#sendSoon();
    await this.#next;
  }

  async #sendSoon(): Promise<void> {
    await this.#system.sleep(GATHER_MS);
    const items = this.#waiting;
    this.#waiting = [];
    this.#next = null;
    await this.#send(items);
  }
}
