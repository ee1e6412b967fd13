import type { System } from '../ports.ts';

/**
 * When the journals of an invocation send what waits: all at the same moment, the first one's, for the
 * stream takes it in one call then.
 */
export class SendTogether {
  readonly #system: Pick<System, 'now' | 'sleep'>;
  readonly #waiting = new Set<() => void>();
  /** Epoch milliseconds of the next moment; infinite while nobody waits. */
  #nextAtMs = Number.POSITIVE_INFINITY;
  #sleep = new AbortController();

  constructor(system: Pick<System, 'now' | 'sleep'>) {
    this.#system = system;
  }

  /** Calls `send` once, in so many milliseconds at the latest. */
  within(ms: number, send: () => void): void {
    this.#waiting.add(send);
    const atMs = this.#system.now() + ms;
    if (atMs >= this.#nextAtMs) return;
    this.#sleep.abort();
    this.#nextAtMs = atMs;
    this.#sleep = new AbortController();
    void this.#sendLater(ms, this.#sleep.signal);
  }

  /** Somebody has something to send at this moment: whatever waits goes along. */
  now(): void {
    const senders = [...this.#waiting];
    this.#clear();
    for (const send of senders) send();
  }

  /** `send` is not called any more. */
  withdraw(send: () => void): void {
    this.#waiting.delete(send);
    if (this.#waiting.size === 0) this.#clear();
  }

  async #sendLater(ms: number, signal: AbortSignal): Promise<void> {
    await this.#system.sleep(ms, signal);
    if (!signal.aborted) this.now();
  }

  #clear(): void {
    this.#waiting.clear();
    this.#sleep.abort();
    this.#nextAtMs = Number.POSITIVE_INFINITY;
  }
}
