import { describe, expect, test } from 'vitest';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import type { WaitInput } from '#runtime/contracts/wait.ts';
import { NOW, taskMessage } from '../../support/steps.ts';
import {
  approval,
  askedWorld as asked,
  eventWait,
  RUN,
  WaitWorld,
} from '../../support/wait-world.ts';

const HOUR_MS = 3_600_000;
const FORK = `run${'0'.repeat(22)}2`;

/** Begins the run's next generation, and comes to its wait again. */
async function resume(world: WaitWorld, input: WaitInput): Promise<TaskMessage> {
  const record = await world.record();
  const { waits: _, ...next } = { ...record, rev: record.rev + 1, gen: 1 };
  await world.api.ledger.runs.put({ record: next, expectedRev: record.rev });
  const message = world.message(input, {
    attempt: { gen: 1, redrive: 0, retry: 0 },
    taskToken: 'token-1',
  });
  await world.deliver(message);
  return message;
}

/** Forks the run at a later step, and comes to its wait. @param before when the fork step was first queued */
async function forked(world: WaitWorld, input: WaitInput, before?: string): Promise<TaskMessage> {
  await world.api.system.advance(60_000);
  const now = new Date(world.api.system.now()).toISOString();
  const origin = { run: RUN, from: 'later', before: before ?? now, liveEffects: false };
  await world.accept({ run: FORK, root: FORK, forkedFrom: origin });
  const message = world.message(input, { run: FORK });
  await world.deliver(message);
  return message;
}

describe('a wait for an event', () => {
  test('ends with the event, whose data are its output', async () => {
    const { world, message } = await asked(eventWait());
    expect(world.view()?.sentence).toContain('publish waits for payment.received until');
    await world.route(await world.post('payment.received', { amount: 12 }));
    expect(world.answerTo(message)).toEqual({ kind: 'succeeded', output: { amount: 12 } });
    expect(world.types.at(-1)).toBe('step.succeeded');
  });

  test('W2: takes an event that came before it, and was routed when nobody waited', async () => {
    const world = new WaitWorld();
    await world.accept();
    await world.route(await world.post('payment.received', { amount: 1 }));
    await world.api.system.advance(1);
    await world.route(await world.post('payment.received', { amount: 2 }));
    const message = world.message(eventWait());
    await world.deliver(message);
    expect(world.answerTo(message)).toMatchObject({ output: { amount: 1 } });
  });

  test('W2: two waits of one type end with two events, the older wait first', async () => {
    const { world, message } = await asked(eventWait());
    await world.api.system.advance(10);
    const second = world.message(eventWait(), { path: 'later', taskToken: 'token-later' });
    await world.deliver(second);
    const event = await world.post('payment.received', { amount: 1 });
    await world.route(event);
    await world.route(event);
    expect(world.answerTo(message)).toMatchObject({ output: { amount: 1 } });
    expect(world.answerTo(second)).toBeNull();
    await world.route(await world.post('payment.received', { amount: 2 }));
    expect(world.answerTo(second)).toMatchObject({ output: { amount: 2 } });
  });

  test('leaves events of other types, and those from inside, alone', async () => {
    const { world, message } = await asked(eventWait());
    await world.route(await world.post('payment.refused', {}));
    const { origin: _, ...inside } = await world.post('payment.received', {});
    await world.route(inside);
    expect(world.answerTo(message)).toBeNull();
  });

  test('fails when the data are more than the run carries inline; a resumed run waits for others', async () => {
    const { world, message } = await asked(eventWait());
    await world.route(await world.post('payment.received', { text: 'x'.repeat(70_000) }));
    expect(world.answerTo(message)).toMatchObject({
      kind: 'failed',
      error: 'Agent.OutputTooLarge',
    });
    const resumed = await resume(world, eventWait());
    expect(world.answerTo(resumed)).toBeNull();
    await world.route(await world.post('payment.received', { amount: 12 }));
    expect(world.answerTo(resumed)).toMatchObject({ output: { amount: 12 } });
  });
});

describe('a message of a wait', () => {
  test('R4: changes nothing when it is delivered again, before and after the decision', async () => {
    const { world, message } = await asked();
    expect(await world.deliver(message)).toBe(true);
    expect(await world.open()).toHaveLength(1);
    await world.decide({ decision: 'approve' });
    const types = world.types;
    expect(await world.deliver(message)).toBe(true);
    expect(world.types).toEqual(types);
    expect(await world.open()).toEqual([]);
  });

  test('W1: of a newer attempt takes the wait over: its token is answered, and no decision is lost', async () => {
    const { world, message } = await asked();
    const newer = world.message(approval(), {
      attempt: { gen: 0, redrive: 0, retry: 1 },
      taskToken: 'token-newer',
    });
    await world.deliver(newer);
    await world.deliver(message);
    await world.decide({ decision: 'approve' });
    expect(world.answerTo(newer)).toMatchObject({ output: { decision: 'approve' } });
    expect(world.answerTo(message)).toBeNull();
  });

  test('R3: of a resumed run is answered with the decision that is on record', async () => {
    const { world } = await asked();
    await world.decide({ decision: 'approve', by: 'ann' });
    const resumed = await resume(world, approval());
    expect(world.answerTo(resumed)).toMatchObject({ output: { decision: 'approve', by: 'ann' } });
  });

  test.each([
    ['with an input that is no wait', { for: 'approval' }, 'Agent.InputInvalid'],
    ['whose path asked something else before', approval({ title: 'Other?' }), 'Agent.PathReused'],
  ])('%s fails its task', async (_, input, error) => {
    const { world } = await asked();
    await world.decide({ decision: 'approve' });
    const path = error === 'Agent.PathReused' ? 'publish' : 'odd';
    const odd = world.message(input, { path, taskToken: 'token-odd' });
    expect(await world.deliver(odd)).toBe(true);
    expect(world.answerTo(odd)).toMatchObject({ kind: 'failed', error });
  });

  test('that cannot be read is parked, and its task failed', async () => {
    const world = new WaitWorld();
    await world.accept();
    const message = world.message(approval());
    const { run: _, ...broken } = message;
    expect(await world.deliver(broken as typeof message)).toBe(true);
    expect(world.api.ledger.parked()).toMatchObject([
      { agent: 'platform', code: 'MESSAGE_INVALID' },
    ]);
    expect(world.answerTo(message)).toMatchObject({ kind: 'failed' });
  });
});

describe('a wait of a forked run', () => {
  test('W4: asks people again, although the origin has a decision; each run keeps its own', async () => {
    const { world, message } = await asked();
    await world.decide({ decision: 'approve', by: 'ann' });
    const again = await forked(world, approval());
    expect(world.answerTo(again)).toBeNull();
    expect((await world.api.ledger.waits.read(FORK))?.open).toHaveLength(1);
    expect(await world.decide({ decision: 'reject' }, { run: FORK })).toMatchObject({
      status: 200,
    });
    expect(world.answerTo(again)).toMatchObject({ output: { decision: 'reject' } });
    expect(world.answerTo(message)).toMatchObject({ output: { decision: 'approve', by: 'ann' } });
  });

  test('W4: takes over the event that its origin was waiting for, and waits for none', async () => {
    const { world } = await asked(eventWait());
    await world.route(await world.post('payment.received', { amount: 12 }));
    const again = await forked(world, eventWait());
    expect(world.answerTo(again)).toEqual({ kind: 'succeeded', output: { amount: 12 } });
    expect(await world.api.ledger.waits.read(FORK)).toBeNull();
  });

  test('waits anew for an event that its origin got after the fork step', async () => {
    const { world } = await asked(eventWait());
    const before = new Date(world.api.system.now()).toISOString();
    await world.api.system.advance(10_000);
    await world.route(await world.post('payment.received', { amount: 12 }));
    const again = await forked(world, eventWait(), before);
    expect(world.answerTo(again)).toBeNull();
    expect((await world.api.ledger.waits.read(FORK))?.open).toHaveLength(1);
  });
});

describe('a message of a wait that its queue has given up', () => {
  test('leaves a wait alone that is open', async () => {
    const { world, message } = await asked();
    await world.giveUp(message);
    expect(world.answerTo(message)).toBeNull();
    expect(await world.open()).toHaveLength(1);
    expect(world.api.ledger.parked()).toEqual([]);
  });

  test('R1: ends the step as dead when nobody came to open it, and is parked', async () => {
    const world = new WaitWorld();
    await world.accept();
    const message = world.message(approval());
    await world.giveUp(message);
    expect(world.answerTo(message)).toMatchObject({ kind: 'failed', error: 'Agent.DeadLettered' });
    expect(world.api.ledger.parked()).toMatchObject([{ agent: 'platform', path: 'publish' }]);
    expect(JSON.stringify(world.api.ledger.parked())).not.toContain(message.taskToken);
  });
});

describe('a wait whose time is over', () => {
  /** Of the state: Step Functions keeps it for as long as a decision of the last moment may take. */
  const STATE_MS = HOUR_MS + 10_000;

  /** A minute before the end, when the reconciler has come by. */
  async function soonOver(input: WaitInput) {
    const { world, message } = await asked(input);
    await world.api.system.advance(HOUR_MS - 60_000);
    await world.api.reconcile();
    return { world, message };
  }

  test.each([
    ['an approval', approval()],
    ['a wait for an event', eventWait()],
  ])(
    'is told as expired once its state is over, before the reconciler comes again: %s',
    async (_, input) => {
      const { world, message } = await soonOver(input);
      await world.api.system.advance(70_000);
      world.close(message);
      expect(await world.fireTimers()).toBe(0);
      await world.api.system.advance(5000);
      expect(await world.fireTimers()).toBe(1);
      expect(world.events.at(-1)).toMatchObject({
        type: 'signalbox.step.expired',
        time: new Date(NOW + STATE_MS + 5000).toISOString(),
      });
      expect(await world.open()).toEqual([]);
    },
  );

  test('R3: has the end that is on record when its timer comes after the decision', async () => {
    const { world, message } = await soonOver(approval());
    await world.decide({ decision: 'approve' });
    await world.api.system.advance(75_000);
    expect(await world.fireTimers()).toBe(1);
    expect(world.answerTo(message)).toMatchObject({ output: { decision: 'approve' } });
    expect(world.types.at(-1)).toBe('step.succeeded');
  });

  test('R1: is told by the reconciler when its timer got lost', async () => {
    const { world, message } = await soonOver(approval());
    await world.api.system.advance(80_000);
    world.close(message);
    await world.api.reconcile();
    expect(world.types).toContain('step.expired');
    expect(await world.open()).toEqual([]);
  });

  test('has a timer from its first minute on when it is short, and none while it has long to go', async () => {
    const short = await asked(approval({ timeoutSeconds: 20 }));
    await short.world.api.reconcile();
    expect(short.world.api.looks.depth).toMatchObject({ delayed: 1 });
    const long = await asked(approval());
    await long.world.api.system.advance(HOUR_MS / 2);
    await long.world.api.reconcile();
    expect(long.world.api.looks.depth).toMatchObject({ delayed: 0, visible: 0 });
  });
});

describe('a run that waits', () => {
  test('R10: is stopped: the wait ends, its task is closed, and a decision is refused', async () => {
    const { world, message } = await asked();
    const post = { method: 'POST', path: `/runs/${RUN}/stop` } as const;
    world.api.orchestrator.start({ workflow: 'support', executionName: `${RUN}-0`, input: {} });
    expect((await world.api.ask(post)).status).toBe(200);
    expect(world.types.at(-1)).toBe('step.stopped');
    expect(world.answerTo(message)).toMatchObject({ kind: 'failed', error: 'Agent.Stopped' });
    expect(await world.decide({ decision: 'approve' })).toMatchObject({
      status: 409,
      body: { type: 'https://signalbox.dev/problems/run-ended' },
    });
  });

  test('is listed as waiting while it waits, and as running afterwards (R11)', async () => {
    const { world } = await asked();
    const waiting = async () => {
      await world.api.project();
      const { body } = await world.api.ask({ path: '/runs', query: { status: 'waiting' } });
      return body.runs.map(({ id, status }: { id: string; status: string }) => ({ id, status }));
    };
    expect(await waiting()).toEqual([{ id: RUN, status: 'waiting' }]);
    await world.decide({ decision: 'approve' });
    expect(await waiting()).toEqual([]);
  });

  test('T2: shows its task token nowhere', async () => {
    const { world, message } = await asked();
    const shown = [
      await world.api.ask({ path: `/runs/${RUN}` }),
      await world.decide({ decision: 'approve' }),
    ];
    await world.deliver(message);
    const token = message.taskToken ?? '';
    expect(token).not.toBe('');
    expect(JSON.stringify([shown, world.events, world.api.logged])).not.toContain(token);
  });

  test('R6: gives steps after the wait the whole of their deadline, and none that it has not', async () => {
    const { deadlineOf } = await import('#runtime/core/step-fences.ts');
    const { world } = await asked();
    await world.api.system.advance(HOUR_MS / 4);
    await world.decide({ decision: 'approve' });
    const next = taskMessage({ run: RUN, path: 'next', deadlineMs: NOW + HOUR_MS });
    expect(deadlineOf({ run: await world.record(), message: next })).toBe(NOW + HOUR_MS * 1.25);
  });
});
