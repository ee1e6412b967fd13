/** A step whose message its queue has given up ends all the same, once, and without being run. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { RunRecord } from '#runtime/contracts/ledger.ts';
import { DeadLetterQueue } from '../../support/dead-letter-queue.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import {
  attempt,
  failedWith,
  NOW,
  runRecord,
  stepOutcome,
  stepRecord,
  success,
  taskMessage,
} from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const TOKEN = taskMessage().taskToken;

let world: DoorWorld;
let dead: DeadLetterQueue;

beforeEach(() => {
  world = new DoorWorld();
  dead = new DeadLetterQueue(world);
});

/** The message of a step stands in the dead-letter queue, whatever happened before. */
async function bury(message = taskMessage()): Promise<void> {
  world.tasks.open(message.taskToken);
  await dead.put(JSON.stringify(message), { sourceQueue: 'test-agent' });
}

const put = (record = stepRecord()) => world.ledger.steps.put({ record, expectedRev: null });
const putRun = (record: RunRecord) => world.ledger.runs.put({ record, expectedRev: null });
const answer = () => world.tasks.answerTo(TOKEN);

describe('a message that was received too often while the ledger was away', () => {
  async function outlast(deadlineMs: number): Promise<void> {
    const away = { ...world.ports, steps: failing(world.ports.steps) };
    const agent = testAgent(async () => 'never');
    world.dispatch(taskMessage({ deadlineMs }));
    for (let receive = 0; receive < 13; receive += 1) {
      await world.run(agent, { ports: away });
      await world.system.advance(900_000);
    }
    await dead.takeOver();
    await dead.run();
  }

  test('R1: ends its step as dead-lettered', async () => {
    await outlast(NOW + 864_000_000);
    expect(answer()).toMatchObject({ error: 'Agent.DeadLettered' });
    expect(world.ledger.parked()).toHaveLength(1);
  });

  test('R6: ends its step as expired when its deadline has passed meanwhile', async () => {
    await outlast(NOW + 60_000);
    expect(answer()).toMatchObject({ error: 'Agent.DeadlineExceeded' });
    expect(world.ledger.parked()).toEqual([]);
  });
});

describe('a message that nobody works on', () => {
  test('R1: ends its step as dead-lettered; its letter has cause, fingerprint and past', async () => {
    await bury();
    await dead.run();
    const [letter] = world.ledger.parked();
    expect(letter).toMatchObject({
      code: 'DEAD_LETTERED',
      agent: 'test-agent',
      run: 'run-1',
      gen: 0,
      path: 'answer',
      tenant: 'default',
      cause: expect.stringContaining('throttled or cannot be loaded'),
      fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
      attempts: 1,
      starts: 0,
      tokens: { inputTokens: 0, outputTokens: 0 },
    });
    expect(letter?.body).not.toContain(TOKEN);
    expect(answer()).toMatchObject({ kind: 'failed', error: 'Agent.DeadLettered' });
    expect(causeOf(answer())).toMatchObject({ code: 'DEAD_LETTERED', deadLetter: letter?.id });
    expect(world.eventTypes()).toEqual([
      'signalbox.step.queued',
      'signalbox.step.failed',
      'signalbox.dead_letter.parked',
    ]);
    expect(dead.queue.size).toBe(0);
  });

  test('R4: what its lost workers have recorded is told, and what they have spent is counted', async () => {
    world.dispatch(taskMessage());
    for (const turn of [1, 2]) {
      const life = new Life();
      const agent = testAgent(async (ctx) => {
        await ask(ctx);
        life.kill();
        await world.system.sleep(1, ctx.signal);
      });
      const work = world.work(agent, { ports: life.ports(world.ports) });
      await world.system.run(Promise.race([work, life.died]));
      await world.system.advance(30_000 * turn);
    }
    const [message] = world.queue.receive();
    await dead.put(message?.body ?? '');
    await dead.run();
    expect(world.ledger.parked()[0]).toMatchObject({
      starts: 2,
      tokens: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
      cause: expect.stringContaining('started 2×'),
    });
    expect(world.ledger.parked()[0]?.tokens?.outputTokens).toBeGreaterThan(0);
    expect(world.eventTypes()).toEqual(
      expect.arrayContaining(['signalbox.step.started', 'signalbox.call.succeeded']),
    );
  });

  test('R1: leaves the same letter, answer and events when its consumer dies anywhere', async () => {
    await bury();
    const whole = new Life();
    await dead.run(whole.ports(world.ports));
    const expected = { letters: world.ledger.parked(), types: world.eventTypes() };
    expect(whole.interactions).toBeGreaterThan(4);
    for (const when of ['before', 'after'] as const) {
      for (let at = 1; at <= whole.interactions; at += 1) {
        world = new DoorWorld();
        dead = new DeadLetterQueue(world);
        await bury();
        const life = new Life({ at, when });
        await world.system.run(Promise.race([dead.settle(life.ports(world.ports)), life.died]));
        await world.system.advance(180_000);
        await dead.run();
        expect(world.ledger.parked()).toHaveLength(1);
        expect(world.ledger.parked()[0]?.id).toBe(expected.letters[0]?.id);
        expect(world.eventTypes()).toEqual(expected.types);
        expect(answer()).toMatchObject({ error: 'Agent.DeadLettered' });
        expect(dead.queue.size).toBe(0);
      }
    }
  });
});

describe('a message that others have dealt with', () => {
  test('R3: a recorded success is answered, and nothing is parked', async () => {
    await put(stepRecord({ outcomes: [stepOutcome({ result: success({ ok: 1 }) })] }));
    await bury();
    await dead.run();
    expect(answer()).toMatchObject({ kind: 'succeeded', output: { ok: 1 } });
    expect(world.ledger.parked()).toEqual([]);
    expect(dead.queue.size).toBe(0);
  });

  test('R3: a recorded failure is answered as it is', async () => {
    await put(stepRecord({ outcomes: [stepOutcome({ result: failedWith() })] }));
    await bury();
    await dead.run();
    expect(answer()).toMatchObject({ error: 'Agent.Retryable' });
    expect(world.ledger.parked()).toEqual([]);
  });

  test('R5: a newer attempt has taken over', async () => {
    await put(stepRecord({ attempt: attempt(1) }));
    await bury();
    await dead.run();
    expect(answer()).toBeNull();
    expect(dead.queue.size).toBe(0);
    expect(world.ledger.step({ run: 'run-1', path: 'answer' })?.outcomes).toEqual([]);
  });

  test('its path was used with another input', async () => {
    await put(stepRecord({ inputHash: 'another' }));
    await bury();
    await dead.run();
    expect(answer()).toMatchObject({ error: 'Agent.PathReused' });
  });

  test('R6: its run was stopped', async () => {
    await putRun(runRecord({ stop: { at: '2026-01-01T00:00:00.000Z', reason: 'enough' } }));
    await bury();
    await dead.run();
    expect(answer()).toMatchObject({ error: 'Agent.Stopped' });
    expect(world.ledger.parked()).toEqual([]);
  });

  test('the input that was put in place of the workflow’s is the one it goes by', async () => {
    const patched = { query: 'patched?' };
    await putRun(runRecord({ patches: { answer: patched } }));
    await bury();
    await dead.run();
    expect(answer()).toMatchObject({ error: 'Agent.DeadLettered' });
    expect(JSON.parse(world.ledger.parked()[0]?.body ?? '')).toMatchObject({ input: patched });
  });
});

describe('a step that somebody works on', () => {
  const held = () => put(stepRecord({ leaseUntilMs: NOW + 30_000 }));

  test('R5: is not taken from its holder: the letter comes back until the lease is over', async () => {
    await held();
    await bury();
    await dead.run();
    expect(answer()).toBeNull();
    expect(dead.queue.size).toBe(1);
    await world.system.advance(180_000);
    await dead.run();
    expect(answer()).toMatchObject({ error: 'Agent.DeadLettered' });
  });

  test('R3: is answered with what its holder has recorded meanwhile', async () => {
    await held();
    await bury();
    await dead.run();
    const ended = stepRecord({ rev: 2, outcomes: [stepOutcome()], leaseUntilMs: NOW + 30_000 });
    await world.ledger.steps.put({ record: ended, expectedRev: 1 });
    await world.system.advance(180_000);
    await dead.run();
    expect(answer()).toMatchObject({ kind: 'succeeded' });
    expect(world.ledger.parked()).toEqual([]);
  });
});

describe('a step that was put off', () => {
  const deferral = { attempt: attempt(), fence: 1, seq: 1, carriedFrom: 0, events: [] };

  test('goes on with its copy: the letter waits until that is overdue', async () => {
    await put(stepRecord({ deferral: { ...deferral, dueAtMs: NOW + 176_000 } }));
    await bury();
    await dead.run();
    await world.system.advance(180_000);
    await dead.run();
    expect(answer()).toBeNull();
    await world.system.advance(180_000);
    await dead.run();
    expect(answer()).toMatchObject({ error: 'Agent.DeadLettered' });
  });

  test('R5: a letter from before goes once the copy has claimed the step', async () => {
    const carried = { ...deferral, dueAtMs: NOW, carriedFrom: 1 };
    await put(stepRecord({ fence: 2, deferral: carried, leaseUntilMs: NOW + 30_000 }));
    await bury();
    await dead.run();
    expect(answer()).toBeNull();
    expect(dead.queue.size).toBe(0);
  });

  test('its copy, given up itself, ends the step', async () => {
    await put(stepRecord({ deferral: { ...deferral, dueAtMs: NOW - 1 } }));
    await bury({ ...taskMessage(), deferSeq: 1 });
    await dead.run();
    expect(answer()).toMatchObject({ error: 'Agent.DeadLettered' });
  });
});

/** A port that is away. */
function failing<P extends object>(port: P): P {
  return new Proxy(port, {
    get: () => async () => {
      throw new Error('away');
    },
  });
}

const causeOf = (given: ReturnType<typeof answer>): unknown =>
  given?.kind === 'failed' ? JSON.parse(given.cause) : null;
