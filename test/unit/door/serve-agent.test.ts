import { afterEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import { agentEnvironment } from '#runtime/lambda/environment.ts';
import { powertoolsTelemetry } from '#runtime/lambda/powertools-telemetry.ts';
import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { AGENT, taskMessage } from '../../support/steps.ts';

const contract = agentContract({
  name: AGENT,
  timeoutSeconds: 60,
  input: z.object({ query: z.string() }),
  output: z.object({ ok: z.string() }),
});
const remaining = { getRemainingTimeInMillis: () => 75_000 };

describe('serveAgent', () => {
  test('makes the ports once, at the first message', async () => {
    const world = new DoorWorld();
    const composed: string[] = [];
    const compose = async (agent: string): Promise<DoorPorts> => {
      composed.push(agent);
      return world.ports;
    };
    const handler = serveAgent(contract, async ({ query }) => ({ ok: query }), compose);
    expect(composed).toEqual([]);
    expect(handler.contract).toBe(contract);

    world.dispatch(taskMessage());
    for (let i = 0; i < 2; i += 1) {
      await world.system.run(world.invoke((event) => handler(event, remaining)));
    }
    expect(composed).toEqual([AGENT]);
    expect(world.tasks.answerTo(taskMessage().taskToken)).toMatchObject({ output: { ok: 'why?' } });
  });
});

test('ports that could not be made are made at the next message', async () => {
  const world = new DoorWorld();
  const fates = [Promise.reject(new TypeError('no secret yet')), Promise.resolve(world.ports)];
  const compose = async (): Promise<DoorPorts> => fates.shift() ?? world.ports;
  const handler = serveAgent(contract, async ({ query }) => ({ ok: query }), compose);
  world.dispatch(taskMessage());
  const event = { Records: [] };
  await expect(handler(event, remaining)).rejects.toThrow('no secret yet');
  await world.system.run(world.invoke((received) => handler(received, remaining)));
  expect(world.tasks.answerTo(taskMessage().taskToken)).toMatchObject({ output: { ok: 'why?' } });
});

describe('agentEnvironment', () => {
  test('names every variable that is missing', () => {
    expect(() => agentEnvironment({ STAGE: 'dev' })).toThrow(/LEDGER_TABLE_NAME.*QUEUE_URL/);
  });
});

describe('powertoolsTelemetry', () => {
  afterEach(() => vi.restoreAllMocks());

  test('writes metrics with the dimensions service and stage only, and structured logs', () => {
    const lines: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const telemetry = powertoolsTelemetry(AGENT, 'dev');
    telemetry.count('AttemptsSucceeded');
    telemetry.measure('QueueWait', 12);
    telemetry.log('info', 'the attempt has succeeded', { run: 'run-1' });
    telemetry.flush();
    const [log, metrics] = lines.map((line) => JSON.parse(line));
    expect(log).toMatchObject({ service: AGENT, stage: 'dev', run: 'run-1', level: 'INFO' });
    expect(metrics).toMatchObject({ AttemptsSucceeded: 1, QueueWait: 12, stage: 'dev' });
    expect(metrics._aws.CloudWatchMetrics[0].Dimensions).toEqual([['service', 'stage']]);
  });

  test('says nothing of an invocation that has measured nothing', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
    powertoolsTelemetry(AGENT, 'dev').flush();
    expect(warn).not.toHaveBeenCalled();
    expect(write).not.toHaveBeenCalled();
  });
});
