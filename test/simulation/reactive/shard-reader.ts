/**
 * The event source of one consumer: reads the shard as Lambda does, and heeds what the consumer answers.
 *
 * Records of a run stay in their order in one of several lanes that are read at the same time. A batch
 * whose consumer dies or throws comes again, one that names a record from that record on; now and then
 * a batch is given to two at once, or begins with what was dealt with before.
 */
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { PlatformName } from '#runtime/core/platform-letter.ts';
import { kinesisBatch } from '../../support/stream-batch.ts';
import type { Container } from '../container.ts';
import type { Services } from '../services.ts';

export interface StreamFunction {
  readonly container: Container;
  readonly handle: (batch: KinesisStreamEvent) => Promise<KinesisStreamBatchResponse>;
}

interface Source {
  readonly consumer: PlatformName;
  readonly boot: () => StreamFunction;
  /** Batches of a shard that are worked on at the same time. */
  readonly parallel: number;
}

const TIMEOUT_MS = 60_000;
const BATCH = 25;

export class ShardReader {
  readonly #services: Services;
  readonly #source: Source;
  /** By lane: places of the shard's records that are not dealt with for certain, in order. */
  readonly #left: number[][];
  #read = 0;

  constructor(services: Services, source: Source) {
    this.#services = services;
    this.#source = source;
    this.#left = Array.from({ length: source.parallel }, () => []);
  }

  start(): void {
    for (const lane of this.#left.keys()) void this.#follow(lane);
  }

  /** Records that were not dealt with, for all that the shard knows. */
  get behind(): number {
    this.#spread();
    return this.#left.reduce((total, { length }) => total + length, 0);
  }

  async #follow(lane: number): Promise<never> {
    const { stream, random, system, faults } = this.#services;
    const own = random.stream(`${this.#source.consumer} ${lane}`);
    let fn = this.#source.boot();
    /** What was dealt with last. */
    let before: readonly number[] = [];
    for (;;) {
      this.#spread();
      const left = this.#left[lane] ?? [];
      if (left.length === 0) {
        await stream.beyond(this.#read);
        continue;
      }
      await system.sleep(own.between(20, 1500));
      const again = faults.strikes('batch-replayed') ? before : [];
      const places = [...again, ...left.slice(0, own.between(1, BATCH))];
      if (faults.strikes('batch-doubled')) void this.#invoke(this.#source.boot(), places);
      const done = await this.#invoke(fn, places);
      before = places.slice(again.length, again.length + Math.max(0, done - again.length));
      left.splice(0, before.length);
      if (fn.container.isDead) fn = this.#source.boot();
    }
  }

  /** Gives every new record to the lane of its run. */
  #spread(): void {
    const { records } = this.#services.stream;
    for (; this.#read < records.length; this.#read += 1) {
      this.#left[laneOf(records[this.#read] ?? '', this.#left.length)]?.push(this.#read);
    }
  }

  /** How many of the records, from the first on, are dealt with. */
  async #invoke({ container, handle }: StreamFunction, places: readonly number[]): Promise<number> {
    const { faults, system, evidence } = this.#services;
    const ended = new AbortController();
    const killAfter = async (ms: number, why: string): Promise<void> => {
      await system.sleep(ms, ended.signal);
      if (!ended.signal.aborted) container.kill(why);
    };
    void killAfter(TIMEOUT_MS, 'it overran the time of its function');
    if (faults.strikes('killed')) void killAfter(faults.lasting('killed', 1, 5000), 'killed');
    const answered = handle(this.#batch(places)).catch(() => null);
    const answer = await Promise.race([answered, container.died]);
    ended.abort();
    if (answer === null || answer === 'died') return 0;
    const failed = answer.batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
    const done = failed.length === 0 ? places.length : places.indexOf(Math.min(...failed));
    const { records } = this.#services.stream;
    evidence.add(container.name, {
      kind: 'taken',
      consumer: this.#source.consumer,
      records: places.slice(0, done).map((place) => records[place] ?? ''),
    });
    return done;
  }

  #batch(places: readonly number[]): KinesisStreamEvent {
    const { records, arrivedMs } = this.#services.stream;
    const { Records } = kinesisBatch(places.map((place) => records[place] ?? ''));
    return {
      Records: Records.map((record, i) => ({
        ...record,
        eventID: `shardId-000000000000:${places[i]}`,
        kinesis: {
          ...record.kinesis,
          sequenceNumber: String(places[i]),
          approximateArrivalTimestamp: (arrivedMs[places[i] ?? 0] ?? 0) / 1000,
        },
      })),
    };
  }
}

/** As by the partition key, which is the run; what is no event has one as well. */
function laneOf(text: string, lanes: number): number {
  const run = /"run":"([^"]*)"/.exec(text)?.[1] ?? '';
  let sum = 0;
  for (const character of run) sum = (sum * 31 + character.charCodeAt(0)) % 9973;
  return sum % lanes;
}
