/**
 * A queue as the policies meet it: delivery takes a moment, what is received is hidden and comes back.
 *
 * Simplification: the oldest visible message goes first.
 */

import { Heap } from '#runtime/adapters/memory/heap.ts';
import type { System } from '#runtime/ports.ts';

export interface Delivery<T> {
  readonly message: T;
  /** 1 at the first receive. */
  readonly receives: number;
}

interface Stored<T> {
  readonly message: T;
  receives: number;
  /** Counts every change of when it is visible: entries of before are void. */
  version: number;
}

interface Settings {
  readonly visibilitySeconds: number;
  /** Seconds from a send or a return until a receiver can have it. */
  readonly lagSeconds: () => number;
}

/** Virtual milliseconds that no story lasts. */
const NEVER_MS = 1e9;
const BATCH = 10;

export class StoryQueue<T> {
  readonly #system: System;
  readonly #settings: Settings;
  readonly #due = new Heap<{ readonly stored: Stored<T>; readonly version: number }>();
  readonly #stored = new WeakMap<Delivery<T>, Stored<T>>();
  readonly #waiting: ((batch: readonly Delivery<T>[]) => void)[] = [];
  #changed = new AbortController();

  constructor(system: System, settings: Settings) {
    this.#system = system;
    this.#settings = settings;
    void this.#watch();
  }

  send(message: T, delaySeconds = 0): void {
    this.#show({ message, receives: 0, version: 0 }, delaySeconds + this.#settings.lagSeconds());
  }

  /** Up to ten, as soon as there is one. */
  receive(): Promise<readonly Delivery<T>[]> {
    const { promise, resolve } = Promise.withResolvers<readonly Delivery<T>[]>();
    this.#waiting.push(resolve);
    this.#handOut();
    if (this.#waiting.length > 0) this.#look();
    return promise;
  }

  /** True unless it has become visible again since it was received. */
  delete(delivery: Delivery<T>): boolean {
    const stored = this.#stored.get(delivery);
    if (!stored || stored.receives !== delivery.receives) return false;
    stored.version += 1;
    return true;
  }

  /** Gives it back, to come again after `seconds`. */
  giveBack(delivery: Delivery<T>, seconds: number): void {
    const stored = this.#stored.get(delivery);
    if (stored && this.delete(delivery)) this.#show(stored, seconds + this.#settings.lagSeconds());
  }

  #show(stored: Stored<T>, seconds: number): void {
    stored.version += 1;
    const atMs = this.#system.now() + seconds * 1000;
    const isFirst = atMs < (this.#due.first?.key ?? Number.POSITIVE_INFINITY);
    this.#due.push(atMs, { stored, version: stored.version });
    if (isFirst) this.#look();
  }

  /** Has the watch look again for what comes next. */
  #look(): void {
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  #handOut(): void {
    while (this.#waiting.length > 0) {
      const batch = this.#visible();
      if (batch.length === 0) return;
      this.#waiting.shift()?.(batch);
    }
  }

  #visible(): readonly Delivery<T>[] {
    const batch: Delivery<T>[] = [];
    while (batch.length < BATCH && this.#isDue) {
      const next = this.#due.pop();
      if (!next || next.version !== next.stored.version) continue;
      next.stored.receives += 1;
      const delivery = { message: next.stored.message, receives: next.stored.receives };
      this.#stored.set(delivery, next.stored);
      batch.push(delivery);
      this.#show(next.stored, this.#settings.visibilitySeconds);
    }
    return batch;
  }

  get #isDue(): boolean {
    return this.#due.first !== undefined && this.#due.first.key <= this.#system.now();
  }

  async #watch(): Promise<never> {
    for (;;) {
      const { signal } = this.#changed;
      const waitMs = (this.#due.first?.key ?? this.#system.now() + NEVER_MS) - this.#system.now();
      await this.#system.sleep(waitMs > 0 ? waitMs : NEVER_MS, signal);
      this.#handOut();
    }
  }
}
