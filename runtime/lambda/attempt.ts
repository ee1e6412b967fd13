/**
 * One attempt in the hands of this worker: what its calls share.
 *
 * Invariants
 * W1. No call begins once the signal has aborted or the lease has run out, whether or not the agent
 *     listens to the signal (R5, R6).
 *     None begins on an old knowledge of the run's control record either, and the write of an intent
 *     ages it (R10).
 * W2. Calls are numbered as they begin; all events of a call carry its number as their ordinal.
 * W3. Calls with the same key that run at the same time are one call (R2).
 * W4. What a call has recorded is in the journal before the attempt has ended (R4): a write that comes
 *     later is refused, one that is under way is waited for, and one that nobody knows the end of
 *     leaves the attempt to its next holder, as a crash would.
 * W5. The first holder of a step asks the ledger for no call that it has not written itself: calls are
 *     written under a fence only, and there was none before.
 */
import type { AgentContract } from '../contracts/agent.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { PlatformEventData, PlatformEventType } from '../contracts/event-types.ts';
import type { CallRecord, ForkOrigin } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import type { FailedAttempt } from '../core/attempt.ts';
import { FIRST_FENCE } from '../core/claim-step.ts';
import { platformEvent } from '../core/event.ts';
import { NotJsonError } from '../core/json.ts';
import { TooLargeError } from '../core/limits.ts';
import type { Pricing } from '../core/price.ts';
import { stepScope } from '../core/step-events.ts';
import type { CallLedger, ModelProvider, System } from '../ports.ts';
import { AttemptOverError, LeaseLostError } from './attempt-errors.ts';
import { type BudgetParts, CallSpending } from './call-spending.ts';
import { CallTurns, type QuotaLines } from './call-turns.ts';
import type { EventJournal } from './event-journal.ts';
import { PartialRecorder } from './partial-recorder.ts';
import type { RunPayloads } from './run-payloads.ts';
import type { Telemetry } from './telemetry.ts';

export interface AttemptParts {
  readonly contract: AgentContract;
  readonly message: TaskMessage;
  /** The message's, with what its references stand for. */
  readonly input: unknown;
  /** Those of the run's tree. */
  readonly payloads: RunPayloads;
  readonly fence: number;
  /** 1 for the first attempt of its generation. */
  readonly number: number;
  /** Attempts of the step that failed before, over all generations, oldest first. */
  readonly past: readonly FailedAttempt[];
  readonly deadlineMs: number;
  /** Where the run was forked from; `null` when it is no fork. */
  readonly origin: ForkOrigin | null;
  /** Of the run's tree; `null` when it has none. */
  readonly budget: BudgetParts | null;
  /** `null` when the stage knows no prices. */
  readonly pricing: Pricing | null;
  /** Epoch milliseconds; grows as the lease is renewed. */
  readonly leaseUntilMs: () => number;
  readonly journal: EventJournal;
  /** Resolves when a call may begin as far as the run's control record says (R10), or the signal has aborted. */
  readonly confirmRun: (signal: AbortSignal) => Promise<void>;
  readonly lines: QuotaLines;
  readonly calls: CallLedger;
  readonly model: ModelProvider;
  readonly system: System;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** What a call writes about itself; the rest follows from the attempt. */
export type CallEntry = Pick<CallRecord, 'call' | 'state' | 'result' | 'unkept' | 'events'>;

export class Attempt {
  readonly parts: AttemptParts;
  readonly partial = new PartialRecorder(this);
  readonly turns: CallTurns;
  readonly spending = new CallSpending(this);
  readonly #controller = new AbortController();
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #emitted = new Map<string, number>();
  readonly #numbers = new Map<string, Map<string, number>>();
  readonly #writing = new Set<Promise<CallRecord>>();
  /** Keys of the calls that this holder has written. */
  readonly #written = new Set<string>();
  #calls = 0;

  constructor(parts: AttemptParts) {
    this.parts = parts;
    this.turns = new CallTurns(this, parts.lines);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the attempt; the first reason counts. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Ends it for good (W4). */
  async end(): Promise<void> {
    await this.partial.flush();
    this.abort(new AttemptOverError('the attempt has ended; no call may begin any more'));
    await Promise.allSettled([...this.#writing, this.spending.end(), this.turns.told()]);
    await this.partial.close();
  }

  /** @throws the reason why no call may begin any more (W1). */
  assertLive(): void {
    this.signal.throwIfAborted();
    if (this.parts.system.now() < this.parts.leaseUntilMs()) return;
    throw this.#lose('the lease ran out before it was renewed');
  }

  /** The number of the call that begins now (W2). */
  nextCall(): number {
    this.#calls += 1;
    return this.#calls - 1;
  }

  /** The number of this emission among those of its type. */
  nextEmission(type: string): number {
    const ordinal = this.#emitted.get(type) ?? 0;
    this.#emitted.set(type, ordinal + 1);
    return ordinal;
  }

  /** The number of `one` among its like, from 0, in the order in which they were first asked for. */
  numberOf(kind: string, one: string): number {
    const numbers = this.#numbers.get(kind) ?? new Map<string, number>();
    const number = numbers.get(one) ?? numbers.size;
    this.#numbers.set(kind, numbers.set(one, number));
    return number;
  }

  /** Runs `perform`, or joins the run of the same key that is under way (W3). */
  once<T>(key: string, perform: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    // The key names the call, and with it the type of what it gives.
    if (running !== undefined) return running as Promise<T>;
    const promise = perform().finally(() => {
      this.#running.delete(key);
      this.turns.callEnded();
    });
    this.#running.set(key, promise);
    return promise;
  }

  /** Calls that have begun and not ended, those that wait for their turn included. */
  get callsUnderWay(): number {
    return this.#running.size;
  }

  /** An event of a call, not yet published. */
  callEvent<T extends PlatformEventType>(
    type: T,
    ordinal: number,
    data: PlatformEventData<T>,
  ): SignalboxEvent {
    const { message, fence, system } = this.parts;
    return platformEvent(stepScope(message, fence), { type, ordinal, data, atMs: system.now() });
  }

  /** What is on record about a call. Its events are told again: its first holder may not have come to it (R4). */
  async readCall(call: string): Promise<CallRecord | null> {
    this.assertLive();
    const { journal, confirmRun } = this.parts;
    const [record] = await Promise.all([this.#onRecord(call), confirmRun(this.signal)]);
    await confirmRun(this.signal);
    this.assertLive();
    if (record) journal.add(...record.events);
    return record;
  }

  async #onRecord(call: string): Promise<CallRecord | null> {
    const { message, fence, calls } = this.parts;
    if (fence === FIRST_FENCE && !this.#written.has(call)) return null;
    return calls.read({ run: message.run.id, path: message.step.path, call });
  }

  /**
   * What the run that this one was forked from has on record about a call, or whose outcome that one
   * took over; its events are told there.
   */
  async readOriginCall({ run: nearest, lineage = [] }: ForkOrigin, call: string) {
    const { message, calls } = this.parts;
    for (const run of [nearest, ...lineage]) {
      const record = await calls.read({ run, path: message.step.path, call });
      if (record) return record;
    }
    return null;
  }

  /**
   * Writes a call behind what is on record about it, and tells its events.
   * @throws LeaseLostError when the step is another's; the signal's reason when the attempt is over
   */
  async writeCall(entry: CallEntry, previous: CallRecord | null): Promise<CallRecord> {
    this.signal.throwIfAborted();
    const writing = this.#put(entry, previous);
    this.#writing.add(writing);
    const record = await writing.finally(() => this.#writing.delete(writing));
    if (entry.state === 'started') await this.parts.confirmRun(this.signal);
    return record;
  }

  async #put(entry: CallEntry, previous: CallRecord | null): Promise<CallRecord> {
    const { message, fence, calls, journal } = this.parts;
    const record: CallRecord = {
      run: message.run.id,
      path: message.step.path,
      rev: (previous?.rev ?? 0) + 1,
      fence,
      ...entry,
    };
    const put = await calls
      .put({ record, expectedRev: previous?.rev ?? null })
      .catch((error: unknown) => {
        throw this.#isInDoubt(entry, error)
          ? this.#lose(`nobody knows whether call "${entry.call}" is on record`)
          : error;
      });
    if (put.kind === 'written') {
      this.#written.add(record.call);
      journal.add(...record.events);
      return record;
    }
    // Under one fence nobody else writes this call (W3): a conflict is another holder's work, too.
    throw this.#lose(`call "${entry.call}" could not be recorded: the step is held by another`);
  }

  /**
   * A write that failed may have been done. An outcome would then leave its events untold (W4); the next
   * holder finds out. A failed call has told its events before.
   */
  #isInDoubt({ state }: CallEntry, error: unknown): boolean {
    const isRefused = error instanceof TooLargeError || error instanceof NotJsonError;
    return state !== 'failed' && !isRefused;
  }

  #lose(what: string): LeaseLostError {
    const { message, fence } = this.parts;
    const error = new LeaseLostError(
      `step "${message.step.path}" of run ${message.run.id}, fence ${fence}: ${what}; its next holder goes on`,
    );
    this.abort(error);
    return error;
  }
}
