import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import type { AgentContext } from '#runtime/contracts/agent-context.ts';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import { agentCode } from '#runtime/lambda/agent-code.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { AGENT, taskMessage } from '../../support/steps.ts';
import { apiUnderTest, QUESTION, startCall } from '../api/api-under-test.ts';

/** As the platform writes them: only where it comes from tells that it is forged. */
const FORGED = { $sbref: { sha256: 'a'.repeat(64), bytes: 5 } };
const DEEP = { list: [1, { at: FORGED }] };

describe('a forged reference is refused by the API', () => {
  test.each(['start', 'fork', 'resume'])('in what is sent to %s a run', async (what) => {
    const api = apiUnderTest();
    const { body: run } = await api.ask(startCall());
    const body = JSON.stringify({ patches: { answer: DEEP } });
    const headers = { 'content-type': 'application/json' };
    const { status, body: problem } = await api.ask(
      what === 'start'
        ? startCall({}, { ...QUESTION, context: DEEP })
        : { method: 'POST', path: `/runs/${run.id}/${what}`, headers, body },
    );
    expect(status).toBe(400);
    expect(JSON.stringify(problem)).toMatch(/\$sbref.*reserved for the platform/);
  });
});

const contract = agentContract({
  name: AGENT,
  timeoutSeconds: 60,
  input: z.unknown(),
  output: z.unknown(),
  events: eventTypes({ 'page.found': z.unknown() }),
});
type Context = AgentContext<NonNullable<(typeof contract)['events']>>;

describe('a forged reference is refused at the door', () => {
  const causeOf = async (
    run: (ctx: Context) => Promise<unknown>,
    message = taskMessage(),
  ): Promise<unknown> => {
    const world = new DoorWorld();
    world.dispatch(message);
    await world.run(agentCode(contract, (_input, ctx) => run(ctx)));
    const answer = world.tasks.answerTo(message.taskToken);
    expect(world.payloads.keys).toEqual([]);
    return answer;
  };

  test('in the output of an agent', async () => {
    expect(await causeOf(async () => DEEP)).toMatchObject({
      error: 'Agent.OutputInvalid',
      cause: expect.stringContaining('$.list[1].at'),
    });
  });

  test('in an output that is large enough to be stored itself', async () => {
    const output = [DEEP, 'x'.repeat(100_000)];
    expect(await causeOf(async () => output)).toMatchObject({ error: 'Agent.OutputInvalid' });
  });

  test('in the data of an event', async () => {
    expect(await causeOf((ctx) => ctx.emit('page.found', DEEP))).toMatchObject({
      error: 'Agent.OutputInvalid',
      cause: expect.stringContaining('the data of event'),
    });
  });

  test('in a message to an agent, where the run has no such payload', async () => {
    const message = taskMessage({ input: DEEP });
    expect(await causeOf(async () => 'never', message)).toMatchObject({
      error: 'Agent.InputInvalid',
      cause: expect.stringContaining('PAYLOAD_MISSING'),
    });
  });
});
