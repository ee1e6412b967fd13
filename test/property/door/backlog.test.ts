/** A backlog is worked off in any order of deliveries, and whoever's workers are lost, nobody's message is. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fleet } from '../../support/fleet.ts';
import { taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

const MESSAGES = 200;
const WORKERS = 5;
/** Long enough for a function to have time for one suspect only. */
const STEP_MS = 15_000;
const TIMEOUT_MS = 60_000;

/** A numerical recipe's generator: a test of hundreds of deliveries needs more numbers than a list holds. */
const generator =
  (seed: number): (() => number) =>
  () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };

async function workOffBacklog(seed: number, lostWorkers: number) {
  const fleet = new Fleet(generator(seed));
  const runs = Array.from({ length: MESSAGES }, (_, i) => `run-${i}`);
  const started: string[] = [];
  const agent = testAgent(async (_ctx, query) => {
    started.push(query);
    await fleet.world.system.sleep(STEP_MS);
  });
  for (const run of runs) fleet.dispatch(taskMessage({ run, input: { query: run } }));
  await fleet.loseWorkers(lostWorkers, agent);
  await fleet.workOff(WORKERS, agent);
  const answers = runs.map((run) => fleet.world.tasks.answerTo(taskMessage({ run }).taskToken));
  return { fleet, started, answers };
}

test(
  'R8: a backlog is worked off, and each message is started once',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const { fleet, started, answers } = await workOffBacklog(seed, 0);
        expect(fleet.givenUp).toEqual([]);
        expect(started).toHaveLength(MESSAGES);
        expect(answers.every((answer) => answer?.kind === 'succeeded')).toBe(true);
      }),
      { numRuns: 5 },
    );
  },
  TIMEOUT_MS,
);

test(
  'R8: the loss of any number of workers costs each of their messages one more start, and none its answer',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 10 }), async (seed, lostWorkers) => {
        const { fleet, started, answers } = await workOffBacklog(seed, lostWorkers);
        expect(fleet.givenUp).toEqual([]);
        expect(started).toHaveLength(MESSAGES + lostWorkers * 10);
        expect(answers.every((answer) => answer?.kind === 'succeeded')).toBe(true);
      }),
      { numRuns: 10 },
    );
  },
  TIMEOUT_MS,
);
