/** R10: however slow and unreliable the ledger is, no call begins later than a second after the stop. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

interface Weather {
  /** How long the reads and writes of the ledger take, one after the other, in ms; each fails when negative. */
  readonly latencies: readonly number[];
  /** What the agent does between its calls, in ms. */
  readonly gaps: readonly number[];
  readonly stopAtMs: number;
  readonly messages: number;
}

const weather: fc.Arbitrary<Weather> = fc.record({
  latencies: fc.array(fc.oneof(fc.constant(5), fc.integer({ min: -400, max: 2500 })), {
    minLength: 1,
    maxLength: 40,
  }),
  gaps: fc.array(fc.integer({ min: 20, max: 900 }), { minLength: 1, maxLength: 20 }),
  stopAtMs: fc.integer({ min: 0, max: 15_000 }),
  messages: fc.integer({ min: 1, max: 3 }),
});

/** The ports behind a ledger that is as slow and unreliable as the weather; claims are made in good weather. */
function through({ latencies }: Weather, world: DoorWorld): DoorPorts {
  const { ports } = world;
  let asked = 0;
  const delayed = async <T>(perform: () => Promise<T>): Promise<T> => {
    const latency = latencies[asked % latencies.length] ?? 0;
    asked += 1;
    await world.system.sleep(Math.abs(latency));
    if (latency < 0) throw new TypeError('reset');
    return perform();
  };
  return {
    ...ports,
    steps: {
      ...ports.steps,
      read: (query) =>
        query.steps.length > 0 ? ports.steps.read(query) : delayed(() => ports.steps.read(query)),
    },
    calls: {
      ...ports.calls,
      read: (key) => delayed(() => ports.calls.read(key)),
      put: (write) => delayed(() => ports.calls.put(write)),
    },
  };
}

async function liveUntilStopped(given: Weather) {
  const world = new DoorWorld();
  const startMs = world.system.now();
  const beganMs: number[] = [];
  const began = (): void => {
    beganMs.push(world.system.now());
  };
  const agent = testAgent(async (ctx) => {
    // It does not listen to its signal, and goes on for long.
    const untilMs = startMs + given.stopAtMs + 5000;
    for (let i = 0; world.system.now() < untilMs; i += 1) {
      await world.system.sleep(given.gaps[i % given.gaps.length] ?? 1);
      const call =
        i % 2 === 0
          ? ctx.effect(`call-${i}`, { whenUnknown: 'retry' }, async () => began())
          : ctx.model('ask', { prompt: `${i}`, maxOutputTokens: 10 });
      await call.catch(() => undefined);
    }
  });
  const ports = through(given, world);
  const model = {
    describe: ports.model.describe,
    generate: (request: Parameters<typeof ports.model.generate>[0]) => {
      began();
      return ports.model.generate(request);
    },
  };
  await world.control();
  for (let i = 0; i < given.messages; i += 1) world.dispatch(taskMessage({ path: `step${i}` }));
  const work = world.work(agent, { ports: { ...ports, model } });
  await world.system.advance(given.stopAtMs);
  const stoppedMs = world.system.now();
  await world.stop();
  await world.system.run(work);
  await world.system.advance(60_000);
  return { world, stoppedMs, beganMs };
}

test('R10: no call begins later than a second after the stop, whatever becomes of the ledger', async () => {
  let calls = 0;
  await fc.assert(
    fc.asyncProperty(weather, async (given) => {
      const { stoppedMs, beganMs } = await liveUntilStopped(given);
      calls += beganMs.length;
      expect(beganMs.filter((ms) => ms > stoppedMs + 1000)).toEqual([]);
    }),
    { numRuns: 100 },
  );
  expect(calls).toBeGreaterThan(100);
});

test('R10: a step of a stopped run ends with it', async () => {
  await fc.assert(
    fc.asyncProperty(weather, async (given) => {
      const { world } = await liveUntilStopped({ ...given, latencies: [5] });
      for (let i = 0; i < given.messages; i += 1) {
        expect(world.outcomes(`step${i}`)).toMatchObject([{ result: { status: 'stopped' } }]);
      }
    }),
    { numRuns: 50 },
  );
});
