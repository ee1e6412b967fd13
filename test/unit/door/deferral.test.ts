/** A step whose provider says "later" goes on later, and pays for it with nothing but time. */
import { describe, expect, test } from 'vitest';
import { RetryableError } from '#runtime/contracts/errors.ts';
import { MAX_DEFERRALS } from '#runtime/core/defer-step.ts';
import type { QueueMessage } from '#runtime/ports.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { attempt, NOW, queued, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const TOKEN = taskMessage().taskToken;
const throttled = (retryAfterSeconds?: number): RetryableError =>
  new RetryableError('429', { code: 'MODEL_THROTTLED', retryAfterSeconds });

/** Throws `error` for the first `times` starts, then works. */
function refusing(error: RetryableError, times = 1) {
  const starts: number[] = [];
  const agentIn = (world: DoorWorld) =>
    testAgent(async () => {
      starts.push(world.system.now());
      if (starts.length <= times) throw error;
      return 'done';
    });
  return { starts, agentIn };
}

/** Lets a worker poll every second. */
async function workFor(world: DoorWorld, agent: ReturnType<typeof testAgent>, seconds: number) {
  for (let second = 0; second < seconds; second += 1) {
    await world.run(agent);
    await world.system.advance(1000);
  }
}

const step = (world: DoorWorld) => world.ledger.step({ run: 'run-1', path: 'answer' });
const typesOf = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type);

describe('an attempt that is throttled', () => {
  test('is no failure: no answer, no outcome, no start used up, one message that goes on', async () => {
    const world = new DoorWorld();
    const { agentIn } = refusing(throttled());
    world.dispatch(taskMessage());
    const response = await world.run(agentIn(world));
    expect(response.batchItemFailures).toEqual([]);
    expect(world.tasks.answerTo(TOKEN)).toBeNull();
    expect(step(world)).toMatchObject({ outcomes: [], starts: 0, deferral: { seq: 1 } });
    expect(world.queue.size).toBe(1);
    expect(world.eventTypes()).toEqual([
      'signalbox.step.queued',
      'signalbox.step.started',
      'signalbox.step.deferred',
    ]);
  });

  test('goes on as the same attempt, first receive of its copy, and is answered', async () => {
    const world = new DoorWorld();
    const { agentIn, starts } = refusing(throttled());
    world.dispatch(taskMessage());
    await workFor(world, agentIn(world), 5);
    expect(starts).toHaveLength(2);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
    expect(world.outcomes()).toHaveLength(1);
    expect(world.outcomes()[0]).toMatchObject({ attempt: attempt(0) });
    expect(step(world)?.deferral).toBeUndefined();
    expect(world.queue.size).toBe(0);
  });

  test.each([1, 20, 100, 900, 4000])(
    'comes back when the provider said, %i s, and at most a tenth later',
    async (seconds) => {
      const world = new DoorWorld();
      const { agentIn, starts } = refusing(throttled(seconds));
      world.dispatch(taskMessage({ deadlineMs: NOW + 20_000_000 }));
      await workFor(world, agentIn(world), seconds * 1.1 + 3);
      const waited = ((starts[1] ?? 0) - (starts[0] ?? 0)) / 1000;
      expect(waited).toBeGreaterThanOrEqual(seconds);
      expect(waited).toBeLessThanOrEqual(seconds * 1.1 + 1);
    },
  );

  test('waits longer from time to time when nobody says how long', async () => {
    const world = new DoorWorld();
    const { agentIn, starts } = refusing(throttled(), 7);
    world.dispatch(taskMessage());
    await workFor(world, agentIn(world), 300);
    const waits = starts.slice(1).map((at, i) => (at - (starts[i] ?? 0)) / 1000);
    expect(waits).toHaveLength(7);
    for (const [i, wait] of waits.entries()) {
      const limit = Math.min(60, 2 ** (i + 1));
      expect(wait).toBeGreaterThanOrEqual(limit / 2);
      expect(wait).toBeLessThanOrEqual(limit + 1);
    }
  });
});

describe('an attempt that is put off', () => {
  test('may have thrown a RetryableError of its own, if it says a time', async () => {
    const world = new DoorWorld();
    const put = refusing(new RetryableError('closed', { retryAfterSeconds: 3 }));
    world.dispatch(taskMessage());
    await workFor(world, put.agentIn(world), 6);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
    const other = new DoorWorld();
    other.dispatch(taskMessage());
    await other.run(refusing(new RetryableError('closed')).agentIn(other));
    expect(other.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Retryable' });
  });

  test('R9: a model reply that was recorded before is not asked for again', async () => {
    const world = new DoorWorld();
    let starts = 0;
    const agent = testAgent(async (ctx) => {
      starts += 1;
      await ask(ctx);
      if (starts < 4) throw throttled();
      return starts;
    });
    world.dispatch(taskMessage());
    await workFor(world, agent, 20);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 4 } });
    expect(world.model.prompts).toHaveLength(1);
  });
});

describe('an attempt that is throttled again and again', () => {
  test('ends in success without a used retry, receive or start', async () => {
    const world = new DoorWorld();
    const { agentIn, starts } = refusing(throttled(5), 40);
    world.dispatch(taskMessage());
    await workFor(world, agentIn(world), 300);
    expect(starts).toHaveLength(41);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
    expect(world.outcomes()).toHaveLength(1);
    expect(step(world)?.starts).toBe(1);
    expect(world.queue.deadLetters).toEqual([]);
  });

  test(`fails like anything else after ${MAX_DEFERRALS} deferrals, and says of what`, async () => {
    const world = new DoorWorld();
    const { agentIn, starts } = refusing(throttled(1), 1000);
    world.dispatch(taskMessage());
    await workFor(world, agentIn(world), 400);
    expect(starts).toHaveLength(MAX_DEFERRALS + 1);
    expect(world.outcomes()).toMatchObject([{ result: { failure: { code: 'MODEL_THROTTLED' } } }]);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Retryable' });
    expect(world.queue.size).toBe(0);
  });

  test('R6: expires at once when another try would come after the deadline', async () => {
    const world = new DoorWorld();
    const { agentIn, starts } = refusing(throttled(120));
    world.dispatch(taskMessage({ deadlineMs: NOW + 60_000 }));
    await world.run(agentIn(world));
    expect(starts).toHaveLength(1);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.DeadlineExceeded' });
    expect(world.outcomes()).toMatchObject([
      {
        result: {
          status: 'expired',
          failure: { message: expect.stringMatching(/in 1[23]\d s .*MODEL_THROTTLED: 429/) },
        },
      },
    ]);
    expect(world.queue.size).toBe(0);
  });
});

describe('the copy', () => {
  test('is the message as it came, with the number of the deferral, for the same tenant', async () => {
    const world = new DoorWorld();
    const sent: QueueMessage[] = [];
    const queue = Object.assign(world.queue, {
      send: async (message: QueueMessage) => void sent.push(message),
    });
    const body = { ...taskMessage(), hops: 3, input: { query: 'why \uFFFF?' } };
    world.tasks.open(body.taskToken);
    const own = new DoorWorld().queue;
    void own.send(queued(JSON.stringify(body).replace('\uFFFF', '\\uffff')));
    const { agentIn } = refusing(throttled(10));
    await world.run(agentIn(world), { ports: { ...world.ports, queue }, received: own.receive() });
    expect(sent).toHaveLength(1);
    const [copy] = sent;
    expect(JSON.parse(copy?.body ?? '')).toEqual({ ...body, deferSeq: 1 });
    expect(copy?.body).not.toContain('\uFFFF');
    expect(copy).toMatchObject({ group: 'default' });
    expect(copy?.delaySeconds).toBeGreaterThanOrEqual(9);
    expect(copy?.delaySeconds).toBeLessThanOrEqual(11);
  });

  test('that finds the run stopped ends the step', async () => {
    const world = new DoorWorld();
    const { agentIn, starts } = refusing(throttled(60));
    await world.control();
    world.dispatch(taskMessage());
    await world.run(agentIn(world));
    await world.stop();
    await workFor(world, agentIn(world), 70);
    expect(starts).toHaveLength(1);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Stopped' });
    expect(world.eventTypes()).toContain('signalbox.step.stopped');
  });

  test('R4: tells nothing again that was told before it was sent', async () => {
    const world = new DoorWorld();
    const { agentIn } = refusing(throttled(3));
    world.dispatch(taskMessage());
    await workFor(world, agentIn(world), 10);
    const types = typesOf(world.events.events);
    expect(types.filter((type) => type === 'signalbox.step.deferred')).toHaveLength(1);
  });

  test('that comes twice is worked on once at a time, and answered once', async () => {
    const world = new DoorWorld();
    const { agentIn, starts } = refusing(throttled(3));
    world.dispatch(taskMessage());
    await world.run(agentIn(world));
    void world.queue.send(queued(JSON.stringify({ ...taskMessage(), deferSeq: 1 }), 2));
    await workFor(world, agentIn(world), 60);
    expect(starts).toHaveLength(2);
    expect(world.queue.size).toBe(0);
    expect(world.outcomes()).toHaveLength(1);
  });
});

describe('a message from before the deferral', () => {
  test('goes once the copy has claimed the step, even while that one works', async () => {
    const world = new DoorWorld();
    let starts = 0;
    const agent = testAgent(async (ctx) => {
      starts += 1;
      if (starts === 1) throw throttled(2);
      await world.system.sleep(20_000, ctx.signal);
    });
    world.dispatch(taskMessage());
    await world.run(agent);
    await world.system.advance(2000);
    const working = world.work(agent);
    await world.system.advance(1000);
    void world.queue.send(queued(JSON.stringify(taskMessage())));
    const late = await world.run(agent);
    expect(late.batchItemFailures).toEqual([]);
    await world.system.run(working);
    expect(starts).toBe(2);
    expect(world.queue.size).toBe(0);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
  });

  test('stands in for a copy that was never sent, a little later, and keeps its receives', async () => {
    const world = new DoorWorld();
    const { agentIn, starts } = refusing(throttled(20));
    world.dispatch(taskMessage());
    const send = () => Promise.reject(new TypeError('reset'));
    const queue = { send, changeVisibility: world.queue.changeVisibility.bind(world.queue) };
    const response = await world.run(agentIn(world), { ports: { ...world.ports, queue } });
    expect(response.batchItemFailures).toHaveLength(1);
    await workFor(world, agentIn(world), 60);
    expect(starts).toHaveLength(2);
    const waitedMs = (starts[1] ?? 0) - (starts[0] ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(25_000);
    expect(waitedMs).toBeLessThanOrEqual(30_000);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
    expect(world.queue.size).toBe(0);
  });

  test('that stands in and loses its worker is not late', async () => {
    const world = new DoorWorld();
    const { agentIn, starts } = refusing(throttled(2));
    world.dispatch(taskMessage());
    const queue = {
      send: () => Promise.reject(new TypeError('reset')),
      changeVisibility: world.queue.changeVisibility.bind(world.queue),
    };
    await world.run(agentIn(world), { ports: { ...world.ports, queue } });
    await world.system.advance(40_000);
    const forever = testAgent(() => new Promise(() => undefined));
    void world.work(forever, { ports: { ...world.ports, system: dying(world) } });
    await world.system.advance(1000);
    expect(step(world)).toMatchObject({ fence: 2, outcomes: [] });
    await world.system.advance(40_000);
    await workFor(world, agentIn(world), 500);
    expect(starts).toHaveLength(2);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
  });
});

/** A system on which whoever waits never wakes. */
const dying = (world: DoorWorld) => ({
  now: () => world.system.now(),
  randomId: () => world.system.randomId(),
  sleep: () => new Promise<void>(() => undefined),
});

describe('R4: the events of a deferred step', () => {
  test('are all on record when the stream has confirmed none, and no copy is sent before they are told', async () => {
    const world = new DoorWorld();
    const away = { append: () => Promise.reject(new TypeError('away')) };
    const agent = testAgent(async (ctx) => {
      await ask(ctx);
      await ctx.emit('room.booked', { room: 'a' });
      throw throttled(60);
    });
    world.dispatch(taskMessage());
    await world.run(agent, { ports: { ...world.ports, events: away } });
    const deferred = step(world)?.deferral;
    expect(typesOf(deferred?.events ?? [])).toEqual([
      'signalbox.step.queued',
      'signalbox.step.started',
      'signalbox.call.started',
      'signalbox.call.succeeded',
      'room.booked',
      'signalbox.step.deferred',
    ]);
    expect(world.queue.size).toBe(1);
    await workFor(world, agent, 45);
    expect(world.eventTypes()).toEqual(typesOf(deferred?.events ?? []));
  });

  test('are told by the next generation when nobody else came to it', async () => {
    const world = new DoorWorld();
    const away = { append: () => Promise.reject(new TypeError('away')) };
    const agent = testAgent(async () => {
      throw throttled(60);
    });
    world.dispatch(taskMessage());
    await world.run(agent, { ports: { ...world.ports, events: away } });
    world.dispatch(taskMessage({ attempt: attempt(0, 1) }));
    await world.run(testAgent(async () => 'done'));
    expect(world.eventTypes()).toContain('signalbox.step.deferred');
    expect(world.outcomes()).toMatchObject([{ attempt: attempt(0, 1) }]);
  });

  test('are told when the step is ended without being run', async () => {
    const world = new DoorWorld();
    await world.control();
    const away = { append: () => Promise.reject(new TypeError('away')) };
    const agent = testAgent(async () => {
      throw throttled(600);
    });
    world.dispatch(taskMessage());
    await world.run(agent, { ports: { ...world.ports, events: away } });
    await world.stop();
    await workFor(world, agent, 60);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Stopped' });
    expect(world.eventTypes()).toEqual(
      expect.arrayContaining(['signalbox.step.deferred', 'signalbox.step.stopped']),
    );
  });

  test('that fit into no record are told before it is written', async () => {
    const world = new DoorWorld();
    let refusals = 1;
    const events = {
      append: async (sent: Parameters<typeof world.events.append>[0]) => {
        refusals -= 1;
        if (refusals >= 0) throw new TypeError('away');
        await world.events.append(sent);
      },
    };
    const agent = testAgent(async (ctx) => {
      for (let i = 0; i < 5; i += 1) await ctx.emit('room.booked', { room: 'x'.repeat(100_000) });
      await world.system.sleep(5000);
      throw throttled(60);
    });
    world.dispatch(taskMessage());
    const ports = { ...world.ports, events };
    await world.run(agent, { ports });
    expect(typesOf(step(world)?.deferral?.events ?? [])).toEqual(['signalbox.step.deferred']);
    expect(world.eventTypes().filter((type) => type === 'room.booked')).toHaveLength(5);
  });
});
