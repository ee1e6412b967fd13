/**
 * The event stream on Kinesis, writing side.
 *
 * Job: gather the events of concurrent `append` calls for a moment and send them together; send again
 * what the stream refused, entry by entry.
 * Boundary: the stream's limits and answers; what an event is, is known by the contracts.
 *
 * Invariants
 * K1. An append resolves when the stream has taken each of its events, and rejects when one of them is
 *     given up; the fate of other appends does not matter to it.
 * K2. One call is under way at a time and entries go out in the order in which they came, so a run's
 *     order is kept unless an entry has to be sent again.
 * K3. An entry is sent at most `attempts` times, with growing, jittered waits between.
 */
import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { type Backoff, backoffMs, fractionOf } from '#runtime/core/backoff.ts';
import { streamRecord } from '#runtime/core/stream-record.ts';
import type { EventLog, System } from '#runtime/ports.ts';
import { isBusy } from '../resend.ts';

/** So long after the last event a call is sent: steps that end together are told together. */
const GATHER_MS = 20;
/** So long at most its first event waits for others. */
const GATHER_MOST_MS = 60;

const CALL_MAX_ENTRIES = 500;
const CALL_MAX_BYTES = 5 * 1024 * 1024;
const BACKOFF: Backoff = { attempts: 6, baseMs: 50, capMs: 1000 };

/** One event on its way. */
interface Entry {
  readonly data: Uint8Array;
  readonly run: string;
  /** Epoch milliseconds. */
  readonly cameAtMs: number;
  tries: number;
  readonly taken: () => void;
  readonly givenUp: (reason: unknown) => void;
}

export class KinesisEventLog implements EventLog {
  readonly #client: KinesisClient;
  readonly #streamName: string;
  readonly #system: System;
  #waiting: Entry[] = [];
  #isSending = false;

  constructor(options: {
    readonly client: KinesisClient;
    readonly streamName: string;
    readonly system: System;
  }) {
    this.#client = options.client;
    this.#streamName = options.streamName;
    this.#system = options.system;
  }

  async append(events: readonly SignalboxEvent[]): Promise<void> {
    const parts = events.map((event) => ({
      run: event.run,
      data: Buffer.from(streamRecord(event)),
    }));
    const cameAtMs = this.#system.now();
    const fates = parts.map(({ run, data }) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#waiting.push({ data, run, cameAtMs, tries: 0, taken: resolve, givenUp: reject });
      return promise;
    });
    if (!this.#isSending) void this.#sendWaiting();
    await Promise.all(fates);
  }

  /** Sends until nothing waits. Never rejects: what goes wrong is told to the entries that it befell. */
  async #sendWaiting(): Promise<void> {
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      await this.#gather();
      const entries = nextCall(this.#waiting);
      this.#waiting = this.#waiting.slice(entries.length);
      const refused = await this.#send(entries);
      // In front of everything that came later, so that order is lost only where it has to be (K2).
      this.#waiting = [...this.#keepTrying(refused), ...this.#waiting];
      const tries = Math.max(0, ...refused.map((entry) => entry.tries));
      if (tries > 0) {
        await this.#system.sleep(backoffMs(BACKOFF, tries, fractionOf(this.#system.randomId())));
      }
    }
    this.#isSending = false;
  }

  /** Resolves when no more company is to be expected, or the first one has waited long enough for it. */
  async #gather(): Promise<void> {
    const { cameAtMs: firstMs = 0 } = this.#waiting[0] ?? {};
    for (;;) {
      const { cameAtMs: lastMs = 0 } = this.#waiting.at(-1) ?? {};
      const untilMs = Math.min(lastMs + GATHER_MS, firstMs + GATHER_MOST_MS);
      const waitMs = untilMs - this.#system.now();
      if (waitMs <= 0) return;
      await this.#system.sleep(waitMs);
    }
  }

  /** One call. Resolves with the entries that the stream refused. */
  async #send(entries: readonly Entry[]): Promise<readonly Entry[]> {
    for (const entry of entries) entry.tries += 1;
    try {
      const { Records: answers = [] } = await this.#client.send(
        new PutRecordsCommand({
          StreamName: this.#streamName,
          Records: entries.map(({ data, run }) => ({ Data: data, PartitionKey: run })),
        }),
      );
      // Answers are in the order of the entries; one without a sequence number was not taken.
      const isTaken = (i: number): boolean => answers[i]?.SequenceNumber !== undefined;
      for (const [i, entry] of entries.entries()) if (isTaken(i)) entry.taken();
      return entries.filter((_, i) => !isTaken(i));
    } catch (error) {
      if (isBusy(error)) return entries;
      for (const entry of entries) entry.givenUp(error);
      return [];
    }
  }

  /** Gives up the entries that were sent often enough (K3); the others are left. */
  #keepTrying(refused: readonly Entry[]): readonly Entry[] {
    const isOver = (entry: Entry): boolean => entry.tries >= BACKOFF.attempts;
    for (const entry of refused.filter(isOver)) {
      entry.givenUp(
        new ThrottledError(
          `the event stream "${this.#streamName}" refused an event of run ${entry.run} ${entry.tries} times; allowed per shard: 1 MB or 1,000 records a second. Send all events of the append again later.`,
        ),
      );
    }
    return refused.filter((entry) => !isOver(entry));
  }
}

/** The longest beginning of `waiting` that one call may carry. */
function nextCall(waiting: readonly Entry[]): readonly Entry[] {
  let bytes = 0;
  let count = 0;
  for (const entry of waiting) {
    bytes += entry.data.length + Buffer.byteLength(entry.run);
    if (count === CALL_MAX_ENTRIES || bytes > CALL_MAX_BYTES) break;
    count += 1;
  }
  return waiting.slice(0, count);
}
