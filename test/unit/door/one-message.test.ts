import { describe, expect, test } from 'vitest';
import { RetryableError, TerminalError, ThrottledError } from '#runtime/contracts/errors.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { attempt, NOW, queued, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const TOKEN = taskMessage().taskToken;

describe('a message', () => {
  test('is run, recorded, published, answered and deleted', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      testAgent(async (ctx) => {
        const { object } = await ask(ctx);
        const room = await ctx.effect('book', { whenUnknown: 'fail' }, async () => 'r1');
        await ctx.emit('room.booked', { room });
        return object.reply;
      }),
    );
    expect(world.tasks.answerTo(TOKEN)).toEqual({ kind: 'succeeded', output: { ok: 'yes' } });
    expect(world.outcomes()).toMatchObject([{ result: { status: 'succeeded' }, fence: 1 }]);
    expect(world.queue.size).toBe(0);
    expect(world.eventTypes()).toEqual([
      'signalbox.step.queued',
      'signalbox.step.started',
      'signalbox.call.started',
      'signalbox.call.succeeded',
      'signalbox.call.started',
      'signalbox.call.succeeded',
      'room.booked',
      'signalbox.step.succeeded',
    ]);
  });

  test('calls number their events as they begin', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      testAgent(async (ctx) => {
        const slow = ctx.effect('slow', { whenUnknown: 'fail' }, () => world.system.sleep(2000));
        const quick = ctx.effect('quick', { whenUnknown: 'fail' }, () => world.system.sleep(1000));
        await Promise.all([slow, quick]);
      }),
    );
    const calls = world.events.events.filter(({ type }) => type.startsWith('signalbox.call.'));
    expect(calls.map(({ type, ordinal, data }) => [type, ordinal, data])).toMatchObject([
      ['signalbox.call.started', 0, { call: 'slow' }],
      ['signalbox.call.started', 1, { call: 'quick' }],
      ['signalbox.call.succeeded', 1, { call: 'quick', durationMs: 1000 }],
      ['signalbox.call.succeeded', 0, { call: 'slow', durationMs: 2000 }],
    ]);
  });

  test('events of a long step are in the stream while it runs', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const seen: (readonly string[])[] = [];
    await world.run(
      testAgent(async () => {
        await world.system.sleep(300);
        seen.push(world.eventTypes());
      }),
    );
    expect(seen).toEqual([['signalbox.step.queued', 'signalbox.step.started']]);
    expect(world.events.events).toHaveLength(3);
  });
});

describe('a message whose agent fails', () => {
  test('R9: a failed attempt is retried, knows its past, and asks the model again', async () => {
    const world = new DoorWorld();
    const agent = testAgent(async (ctx) => {
      await ask(ctx);
      if (ctx.step.attempt === 1) throw new RetryableError('not good enough');
      return ctx.attempts.map(({ error }) => error.message);
    });
    world.dispatch(taskMessage());
    await world.run(agent);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'failed', error: 'Agent.Retryable' });
    expect(world.eventTypes()).toContain('signalbox.step.retried');

    const retry = taskMessage({ attempt: attempt(1) });
    world.dispatch(retry);
    await world.run(agent);
    expect(world.tasks.answerTo(retry.taskToken)).toMatchObject({
      output: { ok: ['not good enough'] },
    });
    expect(world.model.prompts).toHaveLength(2);
  });

  test('the last failure fails the step; its cause carries code and fingerprint', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage({ maxAttempts: 1 }));
    await world.run(testAgent(() => Promise.reject(new RetryableError('still not'))));
    expect(world.eventTypes()).toContain('signalbox.step.failed');
    const answer = world.tasks.answerTo(TOKEN);
    expect(answer?.kind === 'failed' && JSON.parse(answer.cause)).toMatchObject({
      code: 'RETRYABLE',
      message: 'still not',
      fingerprint: expect.any(String),
    });
  });

  test('a declared error crosses the boundary under its name', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      testAgent(() => Promise.reject(new TerminalError('full', { errorName: 'NoRoom' }))),
    );
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'failed', error: 'NoRoom' });
  });

  test.each<readonly [string, TaskMessage, string, unknown]>([
    ['input', taskMessage({ input: { query: 1 } }), 'Agent.InputInvalid', 1],
    ['output', taskMessage(), 'Agent.OutputInvalid', { at: { $sbref: 'x' } }],
    ['size', taskMessage({ inlineBytes: 10 }), 'Agent.OutputTooLarge', 'long enough'],
  ])('a bad %s is terminal', async (_what, message, error, output) => {
    const world = new DoorWorld();
    world.dispatch(message);
    await world.run(testAgent(async () => output));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'failed', error });
  });

  test('a bad event is terminal', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    // Wrong in a way that gets past the compiler.
    await world.run(testAgent((ctx) => ctx.emit('room.booked', { room: JSON.parse('7') })));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.OutputInvalid' });
  });
});

describe('a message that is refused, late or kept back', () => {
  test('R6: past its deadline it expires without being run', async () => {
    const world = new DoorWorld();
    let runs = 0;
    world.dispatch(taskMessage({ deadlineMs: NOW }));
    await world.run(testAgent(async () => (runs += 1)));
    expect(runs).toBe(0);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.DeadlineExceeded' });
    expect(world.eventTypes()).toEqual(['signalbox.step.queued', 'signalbox.step.expired']);
  });

  test('R6: a deadline that passes while it runs expires it', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage({ deadlineMs: NOW + 7000 }));
    await world.run(testAgent((ctx) => world.system.sleep(30_000, ctx.signal)));
    expect(world.outcomes()).toMatchObject([
      { result: { status: 'expired' }, endedAt: new Date(NOW + 7000).toISOString() },
    ]);
  });

  test('R3: a path with another input is refused; the first success stays', async () => {
    const world = new DoorWorld();
    const agent = testAgent(async (_ctx, query) => query);
    world.dispatch(taskMessage());
    await world.run(agent);
    const stray = taskMessage({ input: { query: 'else?' }, taskToken: 'stray' });
    world.dispatch(stray);
    await world.run(agent);
    expect(world.tasks.answerTo('stray')).toMatchObject({ error: 'Agent.PathReused' });
    expect(world.outcomes()).toMatchObject([{ result: { output: { ok: 'why?' } } }]);
  });

  test('T2: neither logs nor events hold tokens, prompts or inputs', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage({ input: { query: 'my secret' }, taskToken: 'secret-token' }));
    await world.queue.send(
      queued(JSON.stringify({ ...taskMessage(), step: {}, taskToken: 'secret-token' })),
    );
    await world.run(
      testAgent(async (ctx, query) => {
        await ctx.model('ask', { prompt: query, maxOutputTokens: 10 });
        throw new RetryableError('x');
      }),
    );
    const said = JSON.stringify([world.logs, world.events.events, world.ledger.parked()]);
    expect(world.logs.length).toBeGreaterThan(1);
    expect(said).not.toContain('secret');
  });

  test('R4: a stream that is away keeps the answer back; nothing runs again', async () => {
    const world = new DoorWorld();
    let runs = 0;
    const agent = testAgent(async () => (runs += 1));
    world.dispatch(taskMessage());
    const away = { append: () => Promise.reject(new ThrottledError('away')) };
    const first = await world.run(agent, { ports: { ...world.ports, events: away } });
    expect(first.batchItemFailures).toHaveLength(1);
    expect(world.tasks.answerTo(TOKEN)).toBeNull();

    await world.system.advance(31_000);
    await world.run(agent);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
    expect(world.eventTypes()).toEqual([
      'signalbox.step.queued',
      'signalbox.step.started',
      'signalbox.step.succeeded',
    ]);
    expect(runs).toBe(1);
  });
});

describe('an error that nobody classified', () => {
  test('is logged with its stack, and with nothing else of it', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      testAgent(async () => {
        throw Object.assign(new TypeError('no such field'), {
          headers: { authorization: 'secret' },
        });
      }),
    );
    const logged = world.logs.find(({ level }) => level === 'error');
    expect(logged?.fields).toMatchObject({
      path: taskMessage().step.path,
      stack: expect.stringMatching(/TypeError: no such field\n +at .*one-message\.test/),
    });
    expect(JSON.stringify(world.logs)).not.toContain('secret');
  });
});
