import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { SignalboxError } from '#runtime/contracts/errors.ts';
import { base32 } from '#runtime/core/run-id.ts';
import type { System } from '#runtime/ports.ts';
import { Heap } from './heap.ts';

/** Virtual time stands still: the awaited work waits for something that no sleeper will bring. */
class DeadlockError extends SignalboxError {
  override readonly name = 'DeadlockError';
  readonly code = 'DEADLOCK';
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
  isAwake: boolean;
}

/** Sleepers that were woken before their time stay listed until they are so many. */
const LISTED_AWAKE = 1000;

/**
 * A clock that moves by hand, and ids that follow from a seed: equal seeds, equal histories.
 *
 * Invariant: sleepers wake in the order in which they are due; what one of them starts has run up to
 * its next wait before time goes on.
 */
export class VirtualSystem implements System {
  readonly #seed: string;
  readonly #sleepers = new Heap<Sleeper>();
  #awake = 0;
  #nowMs: number;
  #ids = 0;
  #held = 0;

  constructor(options: { readonly startMs?: number; readonly seed?: string } = {}) {
    this.#nowMs = options.startMs ?? Date.UTC(2026, 0, 1);
    this.#seed = options.seed ?? 'signalbox';
  }

  now(): number {
    return this.#nowMs;
  }

  randomId(): string {
    this.#ids += 1;
    return base32(createHash('sha256').update(`${this.#seed}#${this.#ids}`).digest());
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || ms <= 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper: Sleeper = {
      // As of a real clock, its milliseconds are whole.
      dueMs: this.#nowMs + Math.ceil(ms),
      isAwake: false,
      wake: () => {
        sleeper.isAwake = true;
        this.#awake += 1;
        signal?.removeEventListener('abort', sleeper.wake);
        resolve();
      },
    };
    this.#sleepers.push(sleeper.dueMs, sleeper);
    signal?.addEventListener('abort', sleeper.wake, { once: true });
    return promise;
  }

  /**
   * Keeps time still while `work` waits for something real (a file, another clock), except while it
   * sleeps with the `sleep` that it is handed.
   */
  async hold<T>(work: (sleep: System['sleep']) => Promise<T>): Promise<T> {
    const sleep: System['sleep'] = async (ms, signal) => {
      this.#held -= 1;
      await this.sleep(ms, signal);
      this.#held += 1;
    };
    this.#held += 1;
    try {
      return await work(sleep);
    } finally {
      this.#held -= 1;
    }
  }

  /** Lets `ms` pass: wakes everything that is due until then, one after the other. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.#settle();
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.dueMs > untilMs) break;
      await this.#wake(next);
    }
    this.#nowMs = untilMs;
    await this.#settle();
  }

  /**
   * Lets as much time pass as `work` needs, and gives its result.
   * @throws DeadlockError when nothing sleeps and `work` still waits.
   */
  async run<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    work.then(settle, settle);
    for (;;) {
      await this.#settle();
      if (isSettled) return work;
      const next = this.#next();
      if (next === undefined) {
        throw new DeadlockError(
          'the work waits and nothing is due in virtual time; allowed waits: System.sleep and memory adapters of the same system',
        );
      }
      await this.#wake(next);
    }
  }

  #next(): Sleeper | undefined {
    if (this.#awake > Math.max(LISTED_AWAKE, this.#sleepers.size / 2)) {
      this.#sleepers.keep(({ isAwake }) => !isAwake);
      this.#awake = 0;
    }
    while (this.#sleepers.first?.item.isAwake) {
      this.#sleepers.pop();
      this.#awake -= 1;
    }
    return this.#sleepers.first?.item;
  }

  async #wake(sleeper: Sleeper): Promise<void> {
    this.#nowMs = sleeper.dueMs;
    sleeper.wake();
    await this.#settle();
  }

  /** Resolves once every promise that can go on without time has gone on, and no work holds time still. */
  async #settle(): Promise<void> {
    do await setImmediate();
    while (this.#held > 0);
  }
}
