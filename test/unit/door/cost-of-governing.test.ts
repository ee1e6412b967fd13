/**
 * What it costs to govern a step, in API calls; the event source's own receive and delete aside.
 *
 * Not counted here, and measured by `npm run bench:overload`: what conflicts between workers cost.
 */
import { describe, expect, test } from 'vitest';
import type { AgentCode } from '#runtime/lambda/agent-code.ts';
import type { ModelRequest } from '#runtime/ports.ts';
import { CallCount } from '../../support/call-count.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const BATCH = 10;
const MODEL = 'model:default';
const asking = testAgent((ctx) => ask(ctx), [MODEL]);

/**
 * API calls per step of a full batch of new steps, in a process that has worked before.
 * @param modelMs how long a reply takes, by its number
 */
async function callsPerStep(code: AgentCode, modelMs: (number: number) => number): Promise<number> {
  const world = new DoorWorld();
  world.limits = { [MODEL]: { requestsPerSecond: 1000, burst: 100 } };
  const count = new CallCount(world.system);
  let asked = 0;
  const model = {
    describe: world.model.describe.bind(world.model),
    generate: async (request: ModelRequest) => {
      asked += 1;
      await world.system.sleep(modelMs(asked));
      return world.model.generate(request);
    },
  };
  const ports = count.ports({ ...world.ports, model });
  for (const batch of ['first', 'second']) {
    count.calls.length = 0;
    for (let i = 0; i < BATCH; i += 1) world.dispatch(taskMessage({ run: `${batch}-${i}` }));
    await world.run(code, { ports });
  }
  expect(count.calls.filter((call) => call === 'tasks.succeed')).toHaveLength(BATCH);
  return count.calls.length / BATCH;
}

/** From 0.6 to 1.5 times the median: no two replies of a batch come together. */
const around = (medianMs: number) => (number: number) =>
  medianMs * (0.6 + ((number * 7) % 10) / 10);

describe('the API calls of a step, at full batches', () => {
  test('are at most 3.3 when it does nothing', async () => {
    const nothing = testAgent(async () => 'done');
    expect(await callsPerStep(nothing, () => 0)).toBeLessThanOrEqual(3.3);
  });

  test('are at most 4.7 when it asks a model whose replies come together', async () => {
    expect(await callsPerStep(asking, () => 800)).toBeLessThanOrEqual(4.7);
  });

  test.each([
    { medianMs: 100, calls: 4.6 },
    { medianMs: 400, calls: 5.4 },
    { medianMs: 1000, calls: 5.7 },
  ])(
    'are at most $calls when it asks a model whose replies take around $medianMs ms each',
    async ({ medianMs, calls }) => {
      expect(await callsPerStep(asking, around(medianMs))).toBeLessThanOrEqual(calls);
    },
  );
});
