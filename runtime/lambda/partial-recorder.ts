/**
 * The partial output of one attempt, on its way to the ledger and the stream.
 *
 * Job: collect what the agent shows, record the newest of it soon, tell what is new.
 * Invariants
 * G1. What was shown is recorded within WINDOW_MS while the ledger takes it: whoever settles the attempt
 *     after a crash finds it (R9). Nobody waits for that, and its failure ends nothing.
 * G2. The record holds one event of this holder, the last one: the next one is made when the stream has
 *     confirmed it (R4). What is shown meanwhile is recorded, and told with the next one or at the end.
 * G3. A holder that shows nothing leaves what an earlier holder of the attempt has recorded.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { CallRecord, PartialOutput } from '../contracts/ledger.ts';
import { attemptOf } from '../contracts/task-message.ts';
import { checkPartial } from '../core/partial-check.ts';
import { grown, partialCall, recordable, type Shown, untoldPart } from '../core/partial-output.ts';
import type { Attempt } from './attempt.ts';
import { logFields } from './telemetry.ts';

const WINDOW_MS = 250;
/** So much is not held back any longer. */
const FULL_BYTES = 8 * 1024;
/** So long after a failed write it is tried again. */
const RETRY_MS = 2000;
/** A conflict is an earlier holder's record, or a write of ours whose answer was lost. */
const MAX_ROUNDS = 3;

export class PartialRecorder {
  readonly #attempt: Attempt;
  readonly #closing = new AbortController();
  /** Ends the wait of the window. */
  #full = new AbortController();
  #shown: Shown | null = null;
  /** What of `#shown` is on record. */
  #recorded: Shown | null = null;
  #record: CallRecord | null = null;
  /** The last event made, and what it and those before it tell. */
  #event: SignalboxEvent | null = null;
  #told: PartialOutput | null = null;
  #isEventRecorded = true;
  #events = 0;
  #isScheduled = false;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  /** The newest, recorded or not; `null` when the agent has shown nothing. */
  get latest(): PartialOutput | null {
    return this.#shown && recordable(this.#shown.partial);
  }

  /**
   * Takes more text, or the next value; nothing any more once the attempt is over.
   * @throws TerminalError for what does not fit
   */
  show(chunk: unknown): void {
    if (this.#isOver) return;
    const { partialOutput } = this.#attempt.parts.contract;
    this.#shown = grown(this.#shown, checkPartial(partialOutput, chunk));
    if (this.#waitingTextBytes >= FULL_BYTES) this.#full.abort();
    if (!this.#isScheduled) void this.#recordSoon();
  }

  /** Records what is left. Never rejects. */
  flush(): Promise<unknown> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Takes nothing any more; what has not been told goes with the end of the attempt. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
    const { journal } = this.#attempt.parts;
    if (this.#event) journal.add(this.#event);
    if (this.#makeEvent() && this.#event) journal.add(this.#event);
  }

  get #isOver(): boolean {
    return this.#closing.signal.aborted || this.#attempt.signal.aborted;
  }

  /** Of text only: a value replaces, so the newest in a window is enough. */
  get #waitingTextBytes(): number {
    if (!this.#shown || 'value' in this.#shown.partial) return 0;
    return this.#shown.bytes - (this.#recorded?.bytes ?? 0);
  }

  /** Never rejects. */
  async #recordSoon(): Promise<void> {
    const { system } = this.#attempt.parts;
    this.#isScheduled = true;
    for (let waitMs = WINDOW_MS; this.#isBehind && !this.#isOver; ) {
      await system.sleep(waitMs, AbortSignal.any([this.#closing.signal, this.#full.signal]));
      this.#full = new AbortController();
      waitMs = (await this.flush()) ? WINDOW_MS : RETRY_MS;
    }
    this.#isScheduled = false;
  }

  get #isBehind(): boolean {
    return this.#shown !== this.#recorded || this.#untold !== null;
  }

  get #untold() {
    return this.#shown && untoldPart(this.#shown.partial, this.#told);
  }

  /** False when it has to be tried again. Never rejects. */
  async #write(): Promise<boolean> {
    if (this.#isOver || !this.#shown) return true;
    const hasNews = this.#isEventSettled && this.#makeEvent();
    if (!hasNews && this.#isEventRecorded && this.#shown === this.#recorded) return true;
    try {
      return await this.#put(this.#shown);
    } catch (error) {
      const { message, telemetry } = this.#attempt.parts;
      const fields = { ...logFields(message), error };
      telemetry.log('warn', 'a partial output could not be recorded; it is tried again', fields);
      return false;
    }
  }

  /** The last event is where it cannot be lost: the next one may take its place in the record (G2). */
  get #isEventSettled(): boolean {
    const { journal } = this.#attempt.parts;
    return this.#event === null || (this.#isEventRecorded && !journal.isWaiting(this.#event.id));
  }

  /** Makes the event of what has not been told; false when all has been. */
  #makeEvent(): boolean {
    const untold = this.#untold;
    if (!untold || !this.#shown) return false;
    const agent = this.#attempt.parts.contract.name;
    const data = { agent, ...untold };
    this.#event = this.#attempt.callEvent('signalbox.output.partial', this.#events, data);
    this.#events += 1;
    this.#told = recordable(this.#shown.partial);
    this.#isEventRecorded = false;
    return true;
  }

  async #put(shown: Shown): Promise<boolean> {
    const { message, fence, calls, journal } = this.#attempt.parts;
    const { id: run } = message.run;
    const { path } = message.step;
    const call = partialCall(attemptOf(message));
    const result = recordable(shown.partial);
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const expectedRev = this.#record?.rev ?? null;
      const rev = (expectedRev ?? 0) + 1;
      const events = this.#owedEvents();
      const record: CallRecord = {
        run,
        path,
        call,
        rev,
        fence,
        state: 'succeeded',
        result,
        events,
      };
      const put = await calls.put({ record, expectedRev });
      if (put.kind === 'fenced') {
        this.#closing.abort();
        return true;
      }
      this.#record = put.kind === 'written' ? record : put.current;
      journal.add(...(this.#record?.events ?? []));
      if (put.kind === 'written') {
        this.#recorded = shown;
        this.#isEventRecorded = true;
        return true;
      }
    }
    return false;
  }

  /** What the record has to hold: the last event, and those of earlier holders that the stream does not have. */
  #owedEvents(): readonly SignalboxEvent[] {
    const { journal } = this.#attempt.parts;
    const own = this.#event;
    const before = (this.#record?.events ?? []).filter(
      ({ id }) => id !== own?.id && journal.isWaiting(id),
    );
    return own ? [...before, own] : before;
  }
}
