/**
 * Keeps a batch's messages hidden and its steps held while they are worked on.
 *
 * Invariants
 * Until the invocation returns, every record stays hidden, whether it is held, waits for its turn or
 * is done; only one that was given back comes out again. A held step keeps its lease with its message.
 * A step whose lease could not be renewed in time is given up here, before anybody else takes it (R5).
 */
import { LEASE_SECONDS, RENEW_SECONDS } from '../core/claim-step.ts';
import type { System, WorkQueue } from '../ports.ts';
import type { Telemetry } from './telemetry.ts';

/** A step's lease, as the keep-alive needs it. */
export interface Lease {
  /** Epoch milliseconds. */
  readonly untilMs: () => number;
  readonly renew: (nowMs: number) => Promise<'held' | 'lost'>;
  /** Ends the work under it. */
  readonly lose: (why: string) => void;
}

interface KeepAlivePorts {
  readonly queue: WorkQueue;
  readonly system: System;
  readonly telemetry: Telemetry;
}

export class KeepAlive {
  readonly #ports: KeepAlivePorts;
  /** Receipt handles of what was not given back, with the lease of what is held. */
  readonly #open: Map<string, Lease | null>;
  readonly #stopping = new AbortController();

  constructor(ports: KeepAlivePorts, receiptHandles: readonly string[]) {
    this.#ports = ports;
    this.#open = new Map(receiptHandles.map((handle) => [handle, null]));
  }

  /** Hides the whole batch for as long as a lease lasts, and begins to renew. */
  async start(): Promise<void> {
    await this.#hideOpen();
    void this.#keepRenewing();
  }

  /** Ends renewing. */
  stop(): void {
    this.#stopping.abort();
  }

  /** From now on the lease is renewed together with the message. */
  hold(receiptHandle: string, lease: Lease): void {
    this.#open.set(receiptHandle, lease);
  }

  /** The step is settled; its message stays hidden. */
  settle(receiptHandle: string): void {
    this.#open.set(receiptHandle, null);
  }

  /** Returns the message: it comes out again in `seconds`. */
  giveBack(receiptHandle: string, seconds: number): Promise<void> {
    this.#open.delete(receiptHandle);
    return this.#hide([receiptHandle], seconds);
  }

  /** A tick does not wait for the one before: one that hangs must not cost the others their leases. */
  async #keepRenewing(): Promise<void> {
    const { system } = this.#ports;
    for (;;) {
      await system.sleep(RENEW_SECONDS * 1000, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      void this.#hideOpen();
      for (const lease of this.#open.values()) if (lease) void this.#renew(lease);
    }
  }

  #hideOpen(): Promise<void> {
    return this.#hide([...this.#open.keys()], LEASE_SECONDS);
  }

  /** Never rejects: without it a message comes out again at another time, and nothing else changes. */
  async #hide(receiptHandles: readonly string[], seconds: number): Promise<void> {
    const { queue, telemetry } = this.#ports;
    if (receiptHandles.length === 0) return;
    try {
      await queue.changeVisibility(
        receiptHandles.map((receiptHandle) => ({ receiptHandle, seconds })),
      );
    } catch (error) {
      telemetry.log('warn', 'the visibility of messages could not be set', { error });
    }
  }

  /** Never rejects. */
  async #renew(lease: Lease): Promise<void> {
    const { system, telemetry } = this.#ports;
    const nowMs = system.now();
    if (nowMs >= lease.untilMs()) {
      lease.lose('the lease ran out before it was renewed');
      return;
    }
    try {
      if ((await lease.renew(nowMs)) === 'lost') lease.lose('another worker holds the step');
    } catch (error) {
      telemetry.log('warn', 'a lease could not be renewed', { error });
    }
  }
}
