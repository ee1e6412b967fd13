/** While a step runs its run's control record is watched; no call begins that nobody wants any more. */
import { describe, expect, test } from 'vitest';
import type { AgentCode } from '#runtime/lambda/agent-code.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { NOW, stepRecord, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const TOKEN = taskMessage().taskToken;

/** Agents whose calls are noted as they begin. */
class Caller {
  readonly world = new DoorWorld();
  readonly beganMs: number[] = [];

  note(): void {
    this.beganMs.push(this.world.system.now() - NOW);
  }

  /** Effects, one every `everyMs`, whether or not they are refused. */
  agent(everyMs: number, count = 200): AgentCode {
    const { system } = this.world;
    return testAgent(async (ctx) => {
      for (let i = 0; i < count; i += 1) {
        await system.sleep(everyMs);
        await ctx
          .effect(`call-${i}`, { whenUnknown: 'retry' }, async () => this.note())
          .catch(() => undefined);
      }
    });
  }

  /** Runs the agent, lets `ms` pass, does something, and waits for the end. */
  async during(ms: number, code: AgentCode, act: () => Promise<unknown>, ports?: DoorPorts) {
    await this.world.control();
    this.world.dispatch(taskMessage());
    const work = this.world.work(code, ports ? { ports } : {});
    await this.world.system.advance(ms);
    await act();
    return this.world.system.run(work);
  }
}

describe('a stop while a step runs', () => {
  test.each([30, 100, 240, 260, 499, 700])(
    'R10: no call begins later than a second after it (a call every %i ms)',
    async (everyMs) => {
      const caller = new Caller();
      await caller.during(5250, caller.agent(everyMs), () => caller.world.stop());
      await caller.world.system.advance(60_000);
      expect(caller.beganMs.length).toBeGreaterThan(0);
      expect(Math.max(...caller.beganMs)).toBeLessThanOrEqual(6250);
      expect(caller.world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Stopped' });
      expect(caller.world.outcomes()).toMatchObject([{ result: { status: 'stopped' } }]);
      expect(caller.world.eventTypes()).toContain('signalbox.step.stopped');
    },
  );

  test('R10: ends a step that waits for something else within a second', async () => {
    const caller = new Caller();
    const { world } = caller;
    const idle = testAgent(() => world.system.sleep(50_000));
    await caller.during(3300, idle, () => world.stop());
    expect(world.system.now() - NOW).toBeLessThanOrEqual(4300);
  });

  test('R10: a model is not asked any more', async () => {
    const caller = new Caller();
    const { world } = caller;
    const agent = testAgent(async (ctx) => {
      for (let i = 0; i < 100; i += 1) {
        await world.system.sleep(300);
        await ctx
          .model('ask', { prompt: `${i}`, maxOutputTokens: 10 })
          .then(() => caller.note())
          .catch(() => undefined);
      }
    });
    await caller.during(2000, agent, () => world.stop());
    await world.system.advance(60_000);
    expect(world.model.prompts.length).toBeLessThanOrEqual(9);
    expect(world.model.prompts.length).toBeGreaterThan(4);
  });

  test('concerns its own run only', async () => {
    const { world } = new Caller();
    const agent = testAgent(() => world.system.sleep(5000));
    for (const run of ['run-1', 'run-2']) {
      await world.control({}, run);
      world.dispatch(taskMessage({ run }));
    }
    const work = world.work(agent);
    await world.system.advance(1000);
    await world.stop('run-1');
    await world.system.run(work);
    expect(world.outcomes('answer', 'run-1')).toMatchObject([{ result: { status: 'stopped' } }]);
    expect(world.outcomes('answer', 'run-2')).toMatchObject([{ result: { status: 'succeeded' } }]);
  });
});

describe('a call on its way when the run is stopped', () => {
  test('R10: is not made when its intent took long to write', async () => {
    const caller = new Caller();
    const { world } = caller;
    const ports = blind(world, 0, 1550, 'fails');
    const put: DoorPorts['calls']['put'] = async (write) => {
      await world.system.sleep(1500);
      return ports.calls.put(write);
    };
    await caller.during(60, caller.agent(50, 1), () => world.stop(), {
      ...ports,
      calls: { ...ports.calls, put },
    });
    expect(caller.beganMs).toEqual([]);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Stopped' });
  });

  test('R10: is not made when its record took long to read', async () => {
    const caller = new Caller();
    const { world } = caller;
    const ports = blind(world, 0, 1550, 'fails');
    const read: DoorPorts['calls']['read'] = async (key) => {
      await world.system.sleep(1500);
      return ports.calls.read(key);
    };
    const calls = { ...ports.calls, read };
    // A first holder would not have to read: nobody could have written before it.
    await world.ledger.steps.put({ record: stepRecord(), expectedRev: null });
    const agent = testAgent(async (ctx) => {
      await world.system.sleep(50);
      await ctx.model('ask', { prompt: 'why?', maxOutputTokens: 10 });
    });
    await caller.during(60, agent, () => world.stop(), { ...ports, calls });
    expect(world.model.prompts).toEqual([]);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Stopped' });
  });
});

describe('what else ends a step that runs', () => {
  test('R6: a resume supersedes it', async () => {
    const caller = new Caller();
    await caller.during(2000, caller.agent(200), () => caller.world.control({ gen: 1 }));
    expect(caller.world.outcomes()).toMatchObject([
      { result: { status: 'failed', failure: { code: 'SUPERSEDED' } } },
    ]);
    expect(Math.max(...caller.beganMs)).toBeLessThanOrEqual(3000);
  });

  test('R6: a deadline that was brought forward', async () => {
    const caller = new Caller();
    const deadlineAt = new Date(NOW + 4000).toISOString();
    await caller.during(2000, caller.agent(200), () => caller.world.control({ deadlineAt }));
    expect(caller.world.outcomes()).toMatchObject([{ result: { status: 'expired' } }]);
    expect(Math.max(...caller.beganMs)).toBeLessThanOrEqual(5000);
  });
});

/** Ports whose control records cannot be read between two instants, in ms from the beginning. */
function blind(world: DoorWorld, from: number, to: number, how: 'fails' | 'hangs'): DoorPorts {
  const { ports } = world;
  const elapsed = () => world.system.now() - NOW;
  return {
    ...ports,
    steps: {
      ...ports.steps,
      read: async (query) => {
        const isControl = query.steps.length === 0;
        if (isControl && elapsed() >= from && elapsed() < to) {
          if (how === 'fails') throw new TypeError('reset');
          await world.system.sleep(20_000);
        }
        return ports.steps.read(query);
      },
    },
  };
}

describe.each(['fails', 'hangs'] as const)('a read of the control record that %s', (how) => {
  test('ends nothing, but keeps calls from beginning', async () => {
    const caller = new Caller();
    const ports = blind(caller.world, 3000, 8000, how);
    await caller.during(100, caller.agent(200, 60), async () => undefined, ports);
    expect(caller.world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
    expect(caller.beganMs.filter((ms) => ms > 4000 && ms < 8000)).toEqual([]);
    expect(caller.beganMs).toHaveLength(60);
  });

  test('R10: hides no stop for longer than a second', async () => {
    const caller = new Caller();
    const ports = blind(caller.world, 3000, 8000, how);
    await caller.during(3000, caller.agent(200, 60), () => caller.world.stop(), ports);
    expect(Math.max(...caller.beganMs)).toBeLessThanOrEqual(4000);
    expect(caller.world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Stopped' });
  });

  test('does not keep an attempt from ending at its timeout', async () => {
    const caller = new Caller();
    const ports = blind(caller.world, 1000, 500_000, how);
    await caller.during(100, caller.agent(200, 60), async () => undefined, ports);
    expect(caller.world.outcomes()).toMatchObject([{ result: { failure: { code: 'TIMEOUT' } } }]);
    expect(caller.world.system.now() - NOW).toBeLessThanOrEqual(61_000);
  });
});

describe('the price of watching', () => {
  const countingReads = (world: DoorWorld) => {
    const { ports } = world;
    const roots: number[] = [];
    const read: DoorPorts['steps']['read'] = (query) => {
      if (query.steps.length === 0) roots.push(query.runs.length);
      return ports.steps.read(query);
    };
    return { roots, ports: { ...ports, steps: { ...ports.steps, read } } };
  };

  test('is one read for all runs in flight every 750 ms', async () => {
    const { world } = new Caller();
    const { roots, ports } = countingReads(world);
    for (let i = 0; i < 10; i += 1)
      world.dispatch(taskMessage({ run: `run-${i % 5}`, path: `s${i}` }));
    await world.run(
      testAgent(() => world.system.sleep(4900)),
      { ports },
    );
    expect(roots).toEqual(Array.from({ length: 6 }, () => 5));
  });

  test('is no read soon after one that a call has asked for', async () => {
    const { world } = new Caller();
    const { roots, ports } = countingReads(world);
    world.dispatch(taskMessage());
    const agent = testAgent(async (ctx) => {
      await world.system.sleep(700);
      await ask(ctx);
      await world.system.sleep(740);
    });
    await world.run(agent, { ports });
    expect(roots).toEqual([1]);
  });

  test('is one read for the calls of steps that are claimed one after the other', async () => {
    const { world } = new Caller();
    const { roots, ports } = countingReads(world);
    for (const run of ['run-1', 'run-2', 'run-3']) world.dispatch(taskMessage({ run }));
    let claims = 0;
    const put: DoorPorts['steps']['put'] = async (write) => {
      claims += 1;
      await world.system.sleep(claims <= 3 ? 250 + claims * 20 : 0);
      return ports.steps.put(write);
    };
    await world.run(testAgent(ask), { ports: { ...ports, steps: { ...ports.steps, put } } });
    expect(world.model.prompts).toHaveLength(3);
    expect(roots).toEqual([3]);
  });

  test('is nothing for a step that is done at once', async () => {
    const { world } = new Caller();
    const { roots, ports } = countingReads(world);
    world.dispatch(taskMessage());
    await world.run(testAgent(ask), { ports });
    await world.system.advance(10_000);
    expect(roots).toEqual([]);
  });
});

describe('a patched input', () => {
  const patches = { answer: { query: 'patched' } };
  const echo = testAgent(async (_ctx, query) => query);

  test('is what the agent gets, and what the record names', async () => {
    const { world } = new Caller();
    await world.control({ patches });
    world.dispatch(taskMessage());
    await world.run(echo);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 'patched' } });
    const other = new DoorWorld();
    other.dispatch(taskMessage({ input: patches.answer }));
    await other.run(echo);
    const hashIn = (there: DoorWorld) =>
      there.ledger.step({ run: 'run-1', path: 'answer' })?.inputHash;
    expect(hashIn(world)).toBe(hashIn(other));
  });

  test('concerns its own path and its own run only', async () => {
    const { world } = new Caller();
    await world.control({ patches });
    const other = taskMessage({ path: 'other' });
    const child = {
      ...taskMessage({ taskToken: 'child' }),
      run: { ...taskMessage().run, id: 'child', root: 'run-1' },
    };
    world.dispatch(other);
    await world.run(echo);
    expect(world.tasks.answerTo(other.taskToken)).toMatchObject({ output: { ok: 'why?' } });
    world.dispatch(child);
    await world.run(echo);
    expect(world.tasks.answerTo('child')).toMatchObject({ output: { ok: 'why?' } });
  });

  test('may be null, and is checked as any input', async () => {
    const { world } = new Caller();
    await world.control({ patches: { answer: null } });
    world.dispatch(taskMessage());
    await world.run(echo);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.InputInvalid' });
  });
});
