import { describe, expect, test } from 'vitest';
import { secondsAfterTrouble, secondsUnstarted } from '#runtime/core/come-back.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { NOW, taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

/** Waits between the receives that a queue allows. */
const WAITS = 11;
const MINUTE_MS = 60_000;

const minutes = (fraction: number): number =>
  Array.from({ length: WAITS }, (_, i) =>
    secondsAfterTrouble({ receiveCount: i + 1, fraction }),
  ).reduce((sum, wait) => sum + wait, 0) / 60;

describe('the wait after trouble', () => {
  test('grows to 15 minutes and is at least half of its limit', () => {
    const longest = [1, 2, 3, 4, 5, 6, 12].map((receiveCount) =>
      secondsAfterTrouble({ receiveCount, fraction: 1 }),
    );
    expect(longest).toEqual([30, 60, 120, 240, 480, 900, 900]);
    expect(secondsAfterTrouble({ receiveCount: 1, fraction: 0 })).toBe(15);
  });

  test('G1: before a queue gives a message up, 52 to 105 minutes pass', () => {
    expect([minutes(0), minutes(0.5), minutes(1)].map(Math.floor)).toEqual([52, 79, 105]);
  });
});

test('a message that was not started comes back within a minute', () => {
  const longest = [1, 2, 12].map((receiveCount) => secondsUnstarted({ receiveCount, fraction: 1 }));
  expect(longest).toEqual([4, 8, 60]);
});

/** Delivers whatever is visible, every 5 seconds, until the step is answered or given up. */
async function live(world: DoorWorld, ports: DoorPorts): Promise<{ readonly runs: number }> {
  let runs = 0;
  const agent = testAgent(async () => (runs += 1));
  world.dispatch(taskMessage({ deadlineMs: NOW + 24 * 60 * MINUTE_MS }));
  while (world.queue.size > 0) {
    const received = world.queue.receive();
    if (received.length > 0) await world.run(agent, { received, ports });
    await world.system.advance(5000);
  }
  return { runs };
}

describe('an outage of 50 minutes', () => {
  const OUTAGE_MS = 50 * MINUTE_MS;
  const away =
    (world: DoorWorld) =>
    async <T>(perform: () => Promise<T>): Promise<T> => {
      if (world.system.now() < NOW + OUTAGE_MS) throw new TypeError('away');
      return perform();
    };

  test.each<readonly [string, (world: DoorWorld) => DoorPorts]>([
    [
      'of the stream',
      (world) => ({
        ...world.ports,
        events: { append: (events) => away(world)(() => world.events.append(events)) },
      }),
    ],
    [
      'of the ledger',
      (world) => ({
        ...world.ports,
        steps: {
          read: (query) => away(world)(() => world.ledger.steps.read(query)),
          list: (run) => away(world)(() => world.ledger.steps.list(run)),
          put: (write) => away(world)(() => world.ledger.steps.put(write)),
        },
      }),
    ],
    [
      'of the orchestrator',
      (world) => ({
        ...world.ports,
        tasks: {
          succeed: (answer) => away(world)(() => world.tasks.succeed(answer)),
          fail: (answer) => away(world)(() => world.tasks.fail(answer)),
        },
      }),
    ],
  ])('R4: %s costs no step its answer, and nothing runs twice', async (_what, portsOf) => {
    const world = new DoorWorld();
    const { runs } = await live(world, portsOf(world));
    expect(world.queue.deadLetters).toEqual([]);
    expect(world.tasks.answerTo(taskMessage().taskToken)).toMatchObject({ kind: 'succeeded' });
    expect(runs).toBe(1);
  });
});
