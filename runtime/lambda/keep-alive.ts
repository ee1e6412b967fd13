/**
 * Keeps a batch's messages hidden and its steps held while they are worked on.
 *
 * Invariants
 * A record that is not returned yet keeps its visibility, held or waiting for its turn; a held step
 * keeps its lease with it, so both end together when the worker dies.
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
  /** Receipt handles of what is not returned yet, with the lease of what is held. */
  readonly #open: Map<string, Lease | null>;
  readonly #stopping = new AbortController();

  constructor(ports: KeepAlivePorts, receiptHandles: readonly string[]) {
    this.#ports = ports;
    this.#open = new Map(receiptHandles.map((handle) => [handle, null]));
  }

  /** Hides the whole batch for as long as a lease lasts, and begins to renew. */
  async start(): Promise<void> {
    await this.#hide();
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

  /** The step is settled; its message stays hidden until it is answered. */
  settle(receiptHandle: string): void {
    this.#open.set(receiptHandle, null);
  }

  /** Nothing more is done for the message; whoever returned it decides when it comes back. */
  release(receiptHandle: string): void {
    this.#open.delete(receiptHandle);
  }

  /** A tick does not wait for the one before: one that hangs must not cost the others their leases. */
  async #keepRenewing(): Promise<void> {
    const { system } = this.#ports;
    for (;;) {
      await system.sleep(RENEW_SECONDS * 1000, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      void this.#hide();
      for (const lease of this.#open.values()) if (lease) void this.#renew(lease);
    }
  }

  /** Never rejects: without it a lost worker is found later, and nothing else changes. */
  async #hide(): Promise<void> {
    const { queue, telemetry } = this.#ports;
    const handles = [...this.#open.keys()];
    if (handles.length === 0) return;
    try {
      await queue.changeVisibility(
        handles.map((receiptHandle) => ({ receiptHandle, seconds: LEASE_SECONDS })),
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
