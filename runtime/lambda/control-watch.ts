/**
 * Watches the control records of the runs that an invocation works for: step 7 of the door.
 *
 * Job: one loop reads the control records of all roots in flight; an attempt whose fence has closed is
 * told why, and a call that is about to begin asks for knowledge that is fresh enough.
 * Invariants
 * Knowledge only grows: an answer that was overtaken by a newer one is dropped.
 * A control record that cannot be read ends nothing; it only keeps calls from beginning (C2).
 * A read that hangs holds up neither the next one nor the end of an attempt.
 */
import type { Failure } from '../contracts/errors.ts';
import type { RunRecord } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { freshness, WATCH_MS } from '../core/control-watch.ts';
import { closedFence } from '../core/step-fences.ts';
import type { StepLedger, System } from '../ports.ts';
import type { Telemetry } from './telemetry.ts';

/** The control record of a run's tree as it was at an instant; `null` when the ledger has none. */
interface ControlKnowledge {
  readonly run: RunRecord | null;
  /** Epoch milliseconds; when the read was begun. */
  readonly atMs: number;
}

interface Watcher {
  readonly message: TaskMessage;
  readonly close: (failure: Failure) => void;
}

interface Watched extends Watcher {
  /** Epoch milliseconds. */
  readonly sinceMs: number;
}

/** So long after a failed read it is tried again. */
const RETRY_MS = 100;

export class ControlWatch {
  readonly #ports: {
    readonly steps: Pick<StepLedger, 'read'>;
    readonly system: System;
    readonly telemetry: Pick<Telemetry, 'log'>;
  };
  readonly #watchers = new Set<Watched>();
  /** When the door has read the records of roots. */
  readonly #expected = new Map<string, number>();
  readonly #known = new Map<string, ControlKnowledge>();
  /** When the newest look at a root's record was begun, whether or not it has come back. */
  readonly #lookedAtMs = new Map<string, number>();
  #reading: { readonly atMs: number; readonly done: Promise<void> } | null = null;
  #idle = new AbortController();

  constructor(ports: {
    readonly steps: Pick<StepLedger, 'read'>;
    readonly system: System;
    readonly telemetry: Pick<Telemetry, 'log'>;
  }) {
    this.#ports = ports;
  }

  /**
   * Watches for an attempt whose run's record was learned before. `close` is told why, as often as a
   * fence is found closed.
   * @returns ends the watch
   */
  watch(watcher: Watcher): () => void {
    const watched = { ...watcher, sinceMs: this.#ports.system.now() };
    this.#watchers.add(watched);
    this.#judge(watcher);
    if (this.#watchers.size === 1) {
      this.#idle = new AbortController();
      void this.#keepReading(this.#idle.signal);
    }
    return () => {
      this.#watchers.delete(watched);
      if (this.#watchers.size === 0) this.#idle.abort();
    };
  }

  /** What the door has read of a root whose steps may be watched soon. */
  learn(root: string, knowledge: ControlKnowledge): void {
    this.#expected.set(root, knowledge.atMs);
    this.#see(root, knowledge);
  }

  #see(root: string, knowledge: ControlKnowledge): void {
    const known = this.#known.get(root);
    if (known && known.atMs >= knowledge.atMs) return;
    this.#known.set(root, knowledge);
    for (const watcher of this.#watchers) {
      if (watcher.message.run.root === root) this.#judge(watcher);
    }
  }

  /** Resolves when a call in this run's tree may begin, as far as the tree is concerned; while that is unknown, only once `signal` has aborted. */
  async confirm(root: string, signal: AbortSignal): Promise<void> {
    const { system } = this.#ports;
    const freshnessNow = () => freshness(this.#known.get(root)?.atMs ?? 0, system.now());
    while (freshnessNow() !== 'fresh' && !signal.aborted) {
      await this.#readInTime(signal);
      if (freshnessNow() !== 'stale') return;
      await system.sleep(RETRY_MS, signal);
    }
  }

  /** Reads all records when one of them has not been looked at for so long; a look that a call has asked for counts. */
  async #keepReading(idle: AbortSignal): Promise<void> {
    const { system } = this.#ports;
    for (;;) {
      await system.sleep(this.#nextLookMs - system.now(), idle);
      if (idle.aborted) return;
      if (system.now() >= this.#nextLookMs) void this.#read();
    }
  }

  get #nextLookMs(): number {
    const looks = [...this.#watchers].map(({ sinceMs, message }) =>
      Math.max(sinceMs, this.#lookedAtMs.get(message.run.root) ?? 0),
    );
    return Math.min(...looks) + WATCH_MS;
  }

  /** Resolves when a read has come back, or would come too late to be waited for. */
  async #readInTime(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const late = this.#ports.system.sleep(WATCH_MS, AbortSignal.any([signal, over.signal]));
    await Promise.race([this.#readNow(), late]);
    over.abort();
  }

  /** A read that has begun just now serves everybody. */
  #readNow(): Promise<void> {
    const { system } = this.#ports;
    const reading = this.#reading;
    const isFresh = reading !== null && freshness(reading.atMs, system.now()) === 'fresh';
    return isFresh ? reading.done : this.#read();
  }

  /** Never rejects. */
  #read(): Promise<void> {
    const atMs = this.#ports.system.now();
    const reading = { atMs, done: this.#readAll(atMs) };
    this.#reading = reading;
    void reading.done.then(() => {
      if (this.#reading === reading) this.#reading = null;
    });
    return reading.done;
  }

  async #readAll(atMs: number): Promise<void> {
    const { steps, telemetry } = this.#ports;
    const roots = [...this.#rootsAt(atMs)];
    for (const root of roots) this.#lookedAtMs.set(root, atMs);
    try {
      const { runs } = await steps.read({ steps: [], runs: roots });
      for (const [i, root] of roots.entries()) this.#see(root, { run: runs[i] ?? null, atMs });
    } catch (error) {
      telemetry.log('warn', 'the control records of running steps could not be read', { error });
    }
  }

  /** Of all that is watched, or may be from a moment to the next: one read serves the calls of them all. */
  #rootsAt(nowMs: number): ReadonlySet<string> {
    const expected = [...this.#expected].filter(([, atMs]) => freshness(atMs, nowMs) !== 'stale');
    return new Set([
      ...[...this.#watchers].map(({ message }) => message.run.root),
      ...expected.map(([root]) => root),
    ]);
  }

  #judge({ message, close }: Watcher): void {
    const run = this.#known.get(message.run.root)?.run ?? null;
    const failure = closedFence({ run, message, nowMs: this.#ports.system.now() });
    if (failure) close(failure);
  }
}
