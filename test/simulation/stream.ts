import { ThrottledError } from '#runtime/contracts/errors.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { boundedJson, EVENT_MAX_BYTES } from '#runtime/core/limits.ts';
import type { EventLog, System } from '#runtime/ports.ts';
import type { Evidence } from './evidence.ts';
import type { Faults } from './faults.ts';

/** One shard of the event stream: in order of arrival, duplicates kept. */
export class SimulatedStream {
  /** What a consumer reads: texts, whoever wrote them. */
  readonly records: string[] = [];
  /** When each of them came; epoch milliseconds. */
  readonly arrivedMs: number[] = [];
  readonly #evidence: Evidence;
  readonly #faults: Faults;
  readonly #system: System;
  readonly #repeats: boolean;
  #grown = new AbortController();

  constructor(world: {
    readonly evidence: Evidence;
    readonly faults: Faults;
    readonly system: System;
    /** Some records come again. */
    readonly repeats: boolean;
  }) {
    this.#evidence = world.evidence;
    this.#faults = world.faults;
    this.#system = world.system;
    this.#repeats = world.repeats;
  }

  /** The writing side, for a container. */
  writer(by: string): EventLog {
    return {
      append: async (events) => {
        const texts = events.map((event) =>
          boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES),
        );
        if (!this.#faults.strikes('partial-batch')) return this.#take(by, events, texts);
        const taken = events.map(() => this.#faults.lasting('partial-batch', 0, 1) === 1);
        const isTaken = (_: unknown, i: number): boolean => taken[i] === true;
        this.#take(by, events.filter(isTaken), texts.filter(isTaken));
        throw new ThrottledError('the stream took some of the events');
      },
    };
  }

  /** Puts a text into the stream that is no event. */
  pollute(text: string): void {
    this.#keep([text]);
  }

  /** Resolves when there is more than `position` records. */
  async beyond(position: number): Promise<void> {
    while (this.records.length <= position) await this.#system.sleep(1e12, this.#grown.signal);
  }

  #take(by: string, events: readonly SignalboxEvent[], texts: readonly string[]): void {
    if (events.length === 0) return;
    this.#keep(texts);
    this.#evidence.add(by, {
      kind: 'appended',
      events: texts.map((text): SignalboxEvent => JSON.parse(text)),
    });
    if (this.#repeats && this.#faults.strikes('record-repeated'))
      void this.#repeat(by, events, texts);
  }

  async #repeat(
    by: string,
    events: readonly SignalboxEvent[],
    texts: readonly string[],
  ): Promise<void> {
    await this.#system.sleep(this.#faults.lasting('record-repeated', 100, 60_000));
    this.#take(by, events, texts);
  }

  #keep(texts: readonly string[]): void {
    this.records.push(...texts);
    this.arrivedMs.push(...texts.map(() => this.#system.now()));
    this.#grow();
  }

  #grow(): void {
    this.#grown.abort('changed');
    this.#grown = new AbortController();
  }
}
