/**
 * The consumer library against a stream that does what Kinesis and Lambda do: redeliver, repeat, cut
 * batches anywhere, and kill an invocation at any of its awaits; while operators drain lanes.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryCheckpoints } from '#runtime/adapters/memory/checkpoints.ts';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryLaneStore } from '#runtime/adapters/memory/lane-store.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { type Consumer, type ConsumerPorts, consumeBatch } from '#runtime/lambda/consume-events.ts';
import { drainLane } from '#runtime/lambda/drain-lanes.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import { ARRIVED_MS, away, eventOf, nameOf } from '../../support/consumer-world.ts';
import { kinesisBatch } from '../../support/stream-batch.ts';

const SEED = 20_261_129;
/** Calls of a stretch that fails as a whole: enough for every retry of two runs. */
const OUTAGE = 12;
const RUNS = ['a', 'b', 'c', 'd'] as const;

interface Story {
  /** The stream: event names, repetitions included; each run's first occurrences are in order. */
  readonly stream: readonly SignalboxEvent[];
  readonly poison: ReadonlySet<string>;
  /** Cuts: how many records each delivery has at most. */
  readonly sizes: readonly number[];
  /** At which of its calls a delivery dies, one entry for each delivery; 0: it lives. */
  readonly crashes: readonly number[];
  /** Of each stretch of calls, in turn: whether they fail. */
  readonly failures: readonly boolean[];
  /** During which deliveries all lanes are drained. */
  readonly drains: readonly boolean[];
  /** The delivery from which on the consumer can handle everything. */
  readonly mendedAt: number;
}

const story: fc.Arbitrary<Story> = fc
  .record({
    picks: fc.array(fc.constantFrom(...RUNS), { minLength: 1, maxLength: 40 }),
    repeats: fc.array(fc.nat(60), { maxLength: 10 }),
    poison: fc.array(fc.nat(60), { maxLength: 4 }),
    sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }),
    crashes: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })), { maxLength: 20 }),
    failures: fc.array(fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)), {
      maxLength: 60,
    }),
    drains: fc.array(fc.boolean(), { maxLength: 20 }),
    mendedAt: fc.nat(15),
  })
  .map(({ picks, repeats, poison, ...rest }) => {
    const counts = new Map<string, number>();
    const events = picks.map((run) => {
      const n = (counts.get(run) ?? 0) + 1;
      counts.set(run, n);
      return eventOf(run, n);
    });
    const stream = [...events];
    // A repetition comes behind its event: whoever sends again sends later.
    for (const place of repeats) {
      const at = place % stream.length;
      const event = stream[at];
      if (event) stream.splice(at + 1 + (place % (stream.length - at)), 0, event);
    }
    const bad = poison.flatMap((i) => events[i % events.length] ?? []).map(nameOf);
    return { ...rest, stream, poison: new Set(bad) };
  });

/** Everything that happens to one consumer, over all of its invocations. */
class Life {
  readonly system = new VirtualSystem({ startMs: ARRIVED_MS + 120_000 });
  readonly lanes = new MemoryLaneStore();
  readonly stream = new MemoryEventLog();
  /** Events in the order in which they were handled. */
  readonly handled: string[] = [];
  readonly #story: Story;
  /** Refused for good, until somebody mends the consumer. */
  isMended = false;
  /** Nothing fails or dies any more. */
  isCalm = false;
  #calls = 0;

  constructor(story: Story) {
    this.#story = story;
  }

  /** One delivery of records; gives the place from which the stream comes again, `null` when it is done. */
  async deliver(records: readonly SignalboxEvent[], dieAt: number): Promise<number | null> {
    const died = Promise.withResolvers<number>();
    let calls = 0;
    const alive = async (): Promise<void> => {
      calls += 1;
      const call = calls;
      await this.system.sleep(1);
      if (this.isCalm || dieAt === 0 || call < dieAt) return;
      died.resolve(0);
      await new Promise(() => undefined);
    };
    const { consumer, ports } = this.#invocation(alive);
    const answered = consumeBatch(ports, consumer, kinesisBatch(records)).then(
      ({ batchItemFailures: [failed] }) => (failed ? Number(failed.itemIdentifier) : null),
      () => 0,
    );
    return this.system.run(Promise.race([answered, died.promise]));
  }

  async drainAll(): Promise<void> {
    const { consumer, ports } = this.#invocation(() => this.system.sleep(1));
    const untilMs = this.system.now() + 3_600_000;
    for (const run of RUNS) {
      const draining = drainLane(
        { ...ports, lanes: this.#reach(this.lanes) },
        consumer,
        run,
        untilMs,
      );
      await this.system.run(draining).catch(() => undefined);
    }
  }

  #invocation(step: () => Promise<void>): { consumer: Consumer; ports: ConsumerPorts } {
    const consumer: Consumer = {
      name: 'route-events',
      handle: async (events) => {
        for (const event of events) {
          await step();
          this.#failNowAndThen();
          if (this.#refuses(event)) throw new RangeError(`no ${nameOf(event)}`);
          this.handled.push(nameOf(event));
        }
      },
    };
    const ports: ConsumerPorts = {
      lanes: this.#reach(this.lanes, step),
      checkpoints: this.#reach(new MemoryCheckpoints(), step),
      deadLetters: new MemoryLedger().deadLetters,
      events: this.#reach(this.stream, step),
      system: this.system,
      telemetry: SILENT,
    };
    return { consumer, ports };
  }

  #refuses(event: SignalboxEvent): boolean {
    return !this.isMended && this.#story.poison.has(nameOf(event));
  }

  #failNowAndThen(): void {
    this.#calls += 1;
    if (!this.isCalm && this.#story.failures[Math.floor(this.#calls / OUTAGE) % 97]) throw away();
  }

  /** A port whose calls take time, may fail before or after they have happened, and may be the last. */
  #reach<P extends object>(port: P, step: () => Promise<void> = async () => {}): P {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          await step();
          this.#failNowAndThen();
          const result = await method.apply(target, args);
          await step();
          this.#failNowAndThen();
          return result;
        };
      },
    });
  }

  /** Events that wait in the lane of a run. */
  async waiting(run: string): Promise<readonly string[]> {
    const entries = await this.lanes.oldest({ consumer: 'route-events', run, limit: 1000 });
    return entries.map(({ event }) => nameOf(event));
  }
}

/** Feeds the stream until its end, as a mapping does. */
async function feed(
  life: Life,
  { stream, sizes, crashes, drains, mendedAt }: Story,
): Promise<void> {
  let position = 0;
  for (let delivery = 0; position < stream.length; delivery += 1) {
    life.isCalm = delivery > 200; // sooner or later everything is back
    life.isMended = delivery >= mendedAt;
    const batch = stream.slice(position, position + (sizes[delivery % sizes.length] ?? 1));
    const delivering = life.deliver(batch, crashes[delivery] ?? 0);
    if (drains[delivery]) await life.drainAll();
    const again = await delivering;
    position += again ?? batch.length;
  }
  life.isCalm = true;
}

const firsts = (names: readonly string[], run: string): readonly string[] => [
  ...new Set(names.filter((name) => name.startsWith(run))),
];

test(`K1, K2, R8: whatever fails, every event is handled or waits in its lane, in the order of its run (seed ${SEED})`, async () => {
  const parked: number[] = [];
  await fc.assert(
    fc.asyncProperty(story, async (one) => {
      const life = new Life(one);
      await feed(life, one);
      const names = one.stream.map(nameOf);
      for (const run of RUNS) {
        const waiting = await life.waiting(run);
        const handled = firsts(life.handled, run);
        // Nothing is skipped, nothing overtakes: what was handled is a beginning of the run, the lane the rest.
        expect(handled).toEqual(firsts(names, run).slice(0, handled.length));
        expect(firsts([...handled, ...waiting], run)).toEqual(firsts(names, run));
        const isPoisoned = names.some((name) => name.startsWith(run) && one.poison.has(name));
        if (waiting.length > 0 && one.failures.every((fails) => !fails))
          expect(isPoisoned).toBe(true);
        parked.push(waiting.length);
      }
      life.isMended = true;
      await life.drainAll();
      for (const run of RUNS) {
        expect(await life.waiting(run)).toEqual([]);
        expect(firsts(life.handled, run)).toEqual(firsts(names, run));
      }
    }),
    { seed: SEED, numRuns: 400 },
  );
  expect(parked.filter((count) => count > 0).length).toBeGreaterThan(50);
  expect(parked.filter((count) => count === 0).length).toBeGreaterThan(50);
});

test(`R8: an event that cannot be handled holds up its own run only, however the stream is cut (seed ${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(story, async (drawn) => {
      const one = { ...drawn, failures: [], crashes: [], drains: [], mendedAt: 1000 };
      const life = new Life(one);
      await feed(life, one);
      const names = one.stream.map(nameOf);
      for (const run of RUNS) {
        const all = firsts(names, run);
        const bad = all.findIndex((name) => one.poison.has(name));
        expect(firsts(life.handled, run)).toEqual(bad === -1 ? all : all.slice(0, bad));
      }
      const told = [...new Map(life.stream.events.map(({ id, run }) => [id, run])).values()];
      expect(told.toSorted()).toEqual([...new Set([...one.poison].map((name) => name[0]))].sort());
    }),
    { seed: SEED, numRuns: 300 },
  );
});
