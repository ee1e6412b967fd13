import { MemoryCheckpoints } from '#runtime/adapters/memory/checkpoints.ts';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryLaneStore } from '#runtime/adapters/memory/lane-store.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { newEvent } from '#runtime/core/event.ts';
import { type Consumer, type ConsumerPorts, consumeBatch } from '#runtime/lambda/consume-events.ts';
import { type Drained, drainLane } from '#runtime/lambda/drain-lanes.ts';
import { kinesisBatch } from './stream-batch.ts';

/** When the records of `kinesisBatch` arrived. */
export const ARRIVED_MS = 1_767_225_600_123;

/** The `n`th event of a run. */
export const eventOf = (run: string, n: number, type = 'thing.happened'): SignalboxEvent =>
  newEvent(
    {
      source: 'signalbox/test',
      run,
      root: run,
      gen: 0,
      tenant: 'default',
      workflow: 'support',
      fence: 0,
    },
    { type, atMs: ARRIVED_MS + n, data: { n }, ordinal: n },
  );

/** An event by its run and number: `a1`. */
export const nameOf = ({ run, ordinal }: SignalboxEvent): string => `${run}${ordinal}`;

/** A service that says nothing. */
export const away = (): Error => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

/** A consumer under test, with everything that it needs in memory. */
export function consumerWorld(
  handle: Consumer['handle'],
  replace: (ports: ConsumerPorts) => Partial<ConsumerPorts> = () => ({}),
) {
  const system = new VirtualSystem({ startMs: ARRIVED_MS + 1000 });
  const [lanes, checkpoints, stream] = [
    new MemoryLaneStore(),
    new MemoryCheckpoints(),
    new MemoryEventLog(),
  ];
  const ledger = new MemoryLedger();
  const logged: string[] = [];
  const real: ConsumerPorts = {
    lanes,
    checkpoints,
    deadLetters: ledger.deadLetters,
    events: stream,
    system,
    telemetry: { log: (_level, message) => void logged.push(message) },
  };
  const ports = { ...real, ...replace(real) };
  const handed: string[][] = [];
  const consumer: Consumer = {
    name: 'route-events',
    handle: async (events, context) => {
      handed.push(events.map(nameOf));
      await handle(events, context);
    },
  };
  return {
    system,
    lanes,
    checkpoints,
    ledger,
    logged,
    ports,
    consumer,
    /** What the consumer was handed, call by call. */
    handed,
    /** Everything that was told on the stream. */
    told: () => stream.events,
    /** Gives a batch, and tells from which of its records it comes again; `null`: all is done. */
    consume: async (records: readonly unknown[]): Promise<number | null> => {
      const answer = await system.run(consumeBatch(ports, consumer, kinesisBatch(records)));
      const [failed] = answer.batchItemFailures;
      return failed ? Number(failed.itemIdentifier) : null;
    },
    drain: (run: string, seconds = 60): Promise<Drained> =>
      system.run(drainLane({ ...ports, lanes }, consumer, run, system.now() + seconds * 1000)),
    /** Events that wait in the lane of a run. */
    lane: async (run: string): Promise<readonly string[]> => {
      const entries = await lanes.oldest({ consumer: 'route-events', run, limit: 1000 });
      return entries.map(({ event }) => nameOf(event));
    },
  };
}
