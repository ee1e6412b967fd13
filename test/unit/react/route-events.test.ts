import { describe, expect, it } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { DeployedSubscriptions, SubscriptionRule } from '#runtime/contracts/subscriptions.ts';
import { withoutOwed } from '#runtime/core/react/owed.ts';
import { fireTimers } from '#runtime/lambda/fire-timers.ts';
import type { ReactPorts } from '#runtime/lambda/react/react-ports.ts';
import { reactTo } from '#runtime/lambda/react/react-to.ts';
import { routeEvents } from '#runtime/lambda/route-events.ts';
import type { WaitPorts } from '#runtime/lambda/wait/wait-ports.ts';
import { sampleEvent, sampleReactions } from '../../conformance/samples.ts';
import { ALIVE, RouterWorld, RUN } from '../../support/router-world.ts';
import { sqsBatch } from '../../support/stream-batch.ts';
import { on, onAll } from './reacting.ts';

const serial = on('search', 'message.received', { perRun: 'serial', agent: 'search' });
const subscribe = (
  rules: readonly SubscriptionRule[],
  more: Partial<DeployedSubscriptions> = {},
): DeployedSubscriptions => {
  return { name: 'chat', version: 'v1', rules, quietSeconds: 60, deadlineSeconds: 3600, ...more };
};
const CHAT = subscribe([serial]);
const agents = { search: () => [] };

async function accepted(subscriptions = CHAT): Promise<RouterWorld> {
  const world = new RouterWorld(subscriptions, agents);
  await world.accept();
  return world;
}

const isEnd = ({ type }: SignalboxEvent): boolean => type.startsWith('signalbox.step.');
const paths = (world: RouterWorld): readonly string[] =>
  world.sent.map(({ message }) => message.step.path);

describe('O1: what is owed', () => {
  it('is done by whoever gets the same event again, although that decides nothing new', async () => {
    const world = await accepted();
    await world.external('message.received', { n: 0 });
    await world.external('message.received', { n: 1 });
    await world.deliver(world.pending.splice(0));
    for (const message of world.queue.splice(0)) await world.work(message);
    const ends = world.pending.splice(0).filter(isEnd);
    // It reads, puts, and dies before it sends.
    expect(await world.deliver(ends, { at: 3, when: 'before' })).toBe(false);
    expect(paths(world)).toEqual(['search@0']);
    expect(await world.deliver(ends)).toBe(true);
    expect(paths(world)).toEqual(['search@0', 'search@1']);
  });

  it('is done by whoever looks at the run, if nothing else comes', async () => {
    const world = await accepted();
    await world.external('message.received', { n: 0 });
    expect(await world.deliver(world.pending.splice(0), { at: 4, when: 'before' })).toBe(false);
    await world.look();
    expect(paths(world)).toEqual(['search@0']);
    expect((await world.ledger.reactions.read(RUN))?.owed).toEqual([]);
  });

  it('is noted as done, but not what another router owes meanwhile', () => {
    const record = sampleReactions(RUN, 4);
    const mine = { kind: 'alarm', dueAtMs: 1 } as const;
    const theirs = { kind: 'alarm', dueAtMs: 2 } as const;
    expect(withoutOwed({ ...record, owed: [mine, theirs] }, [mine]).owed).toEqual([theirs]);
    const unchanged = { ...record, owed: [theirs] };
    expect(withoutOwed(unchanged, [mine])).toBe(unchanged);
  });

  it('O2: is done as far as possible, whatever else fails', async () => {
    const world = await accepted(
      subscribe([serial, on('other', 'message.received', { agent: 'other' })]),
    );
    await world.external('message.received', { n: 0 });
    const ports = world.ports(ALIVE);
    const failing: ReactPorts = {
      ...ports,
      dispatcher: {
        send: (message) =>
          message.agent === 'search'
            ? Promise.reject(new RangeError('no queue'))
            : ports.dispatcher.send(message),
      },
    };
    const events = world.pending.splice(0);
    const subscriptions = subscribe([serial, on('other', 'message.received', { agent: 'other' })]);
    await expect(reactTo(failing, subscriptions, events)).rejects.toThrow('no queue');
    expect(paths(world)).toEqual(['other@0']);
    expect(world.toldOf('signalbox.run.started')).toHaveLength(1);
    const left = (await world.ledger.reactions.read(RUN))?.owed.map(({ kind }) => kind);
    expect(left).toEqual(['reaction']);
  });
});

describe('the end of a run', () => {
  it('is told behind everything else that is told of it', async () => {
    const world = await accepted(subscribe([serial], { completesOn: 'meeting.scheduled' }));
    await world.external('message.received', { n: 0 });
    await world.external('message.received', { n: 1 });
    await world.external('meeting.scheduled', { slot: 4 });
    await world.deliver(world.pending.splice(0));
    expect(world.told.map(({ type }) => type)).toEqual([
      'signalbox.run.started',
      'signalbox.reaction.dropped',
      'signalbox.run.succeeded',
    ]);
    expect(world.told.at(-1)?.data).toEqual({ durationMs: 0, output: { slot: 4 } });
    expect((await world.ledger.runs.read(RUN))?.end).toMatchObject({ status: 'succeeded' });
  });

  it('comes at the deadline although the subscriptions are not deployed any more', async () => {
    const world = await accepted();
    await world.external('message.received', { n: 0 });
    await world.deliver(world.pending.splice(0));
    await world.system.advance(3_606_000);
    await world.look(new Map());
    expect((await world.ledger.runs.read(RUN))?.end).toMatchObject({ status: 'expired' });
  });
});

describe('a reaction that cannot be sent', () => {
  const large = { text: 'x'.repeat(360 * 1024) };
  const join = onAll(
    'book',
    { a: 'first.thing', b: 'second.thing', c: 'third.thing' },
    { agent: 'search' },
  );

  it('is dropped and told of when no message holds its input, and its run has failed', async () => {
    const world = await accepted(subscribe([join]));
    for (const type of ['first.thing', 'second.thing', 'third.thing']) {
      await world.external(type, large);
    }
    await world.finish();
    expect(world.sent).toEqual([]);
    const [drop] = world.toldOf('signalbox.reaction.dropped');
    expect(drop?.subject).toBe('book@0');
    expect(drop?.data).toMatchObject({ rule: 'book', why: 'too-large' });
    const [end] = world.toldOf('signalbox.run.failed');
    expect(end?.data).toMatchObject({ error: 'Agent.ReactionFailed' });
  });

  it('says so when an event that it needs is on record nowhere any more', async () => {
    const world = await accepted();
    const event = await world.external('message.received', { n: 0 });
    await world.deliver([event], { at: 4, when: 'before' });
    const ports = world.ports(ALIVE);
    const forgetful = { ...ports, inbox: { read: async () => null } };
    await expect(reactTo(forgetful, CHAT, [sampleEnd()])).rejects.toMatchObject({
      code: 'EVENT_GONE',
    });
  });
});

/** An event that the router looks at and that changes nothing. */
const sampleEnd = (): SignalboxEvent => ({
  ...sampleEvent(RUN, 1, { workflow: 'chat', subject: 'search@99', attempt: '0.0' }),
  type: 'signalbox.step.succeeded',
  data: { agent: 'search', durationMs: 1 },
});

describe('events that nobody waits for', () => {
  const touched: string[] = [];
  const untouchable = new Proxy(
    {},
    {
      get: (_target, name) => {
        touched.push(String(name));
        return undefined;
      },
    },
  ) as ReactPorts & WaitPorts;
  const router = routeEvents(untouchable, new Map([['chat', CHAT]]));

  it.each([
    ["of a workflow's run", { workflow: 'support' }],
    [
      'of a reactive run that tell of no end',
      { workflow: 'chat', type: 'signalbox.call.succeeded' },
    ],
    ['of a past that a replay feeds', { workflow: 'support', origin: 'o' }],
  ])('cost nothing: %s', async (what, changes) => {
    const event = sampleEvent(RUN, 1, changes);
    const replay = { id: 'replay-1', hasEffects: false };
    await router.handle([event], what.includes('replay') ? { replay } : {});
    expect(touched.filter((name) => name !== 'system')).toEqual([]);
  });

  it('are refused by a replay for a rule that is not deployed, with those that are', async () => {
    const replay = { id: 'replay-1', hasEffects: false, rule: 'serach' };
    await expect(router.handle([sampleEvent(RUN, 1)], { replay })).rejects.toThrow(
      /no rule "serach"; deployed: search/,
    );
  });

  it('cause nothing when their run is not there (any more)', async () => {
    const world = new RouterWorld(CHAT, agents);
    await world.external('message.received', {});
    await world.deliver(world.pending.splice(0));
    expect(world.sent).toEqual([]);
    expect(await world.ledger.reactions.read(RUN)).toBeNull();
  });
});

describe('fireTimers', () => {
  const chat = new Map([['chat', CHAT]]);

  it('T1: puts a timer again that comes before its time, and looks at nothing', async () => {
    const world = await accepted();
    const dueAtMs = world.system.now() + 1;
    const timer = JSON.stringify({ run: RUN, dueAtMs });
    const answer = await fireTimers(world.ports(ALIVE), chat, sqsBatch([timer]));
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(world.nextTimerMs).toBe(dueAtMs);
    expect(await world.ledger.reactions.read(RUN)).toBeNull();
  });

  it('looks once at a run that several timers ask for', async () => {
    const world = await accepted();
    let reads = 0;
    const ports = world.ports(ALIVE);
    const counting = {
      ...ports,
      runs: {
        ...ports.runs,
        read: (run: string) => {
          reads += 1;
          return ports.runs.read(run);
        },
      },
    };
    const timer = JSON.stringify({ run: RUN, dueAtMs: world.system.now() });
    await fireTimers(counting, chat, sqsBatch([timer, timer, timer]));
    expect(reads).toBe(1);
  });

  it('R8: returns the timers of a run that cannot be looked at, and no other', async () => {
    const world = await accepted();
    const timers = ['x'.repeat(26), RUN].map((run) =>
      JSON.stringify({ run, dueAtMs: world.system.now() }),
    );
    const ports = world.ports(ALIVE);
    const failing = {
      ...ports,
      runs: {
        ...ports.runs,
        read: (run: string) =>
          run === RUN ? ports.runs.read(run) : Promise.reject(new RangeError('away')),
      },
    };
    expect(await fireTimers(failing, chat, sqsBatch(timers))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'message-0' }],
    });
  });

  it.each(['not json', '{"run":""}', '{"run":"r","dueAtMs":"soon"}', 'null'])(
    'parks what is no timer: %s',
    async (body) => {
      const world = await accepted();
      expect(await fireTimers(world.ports(ALIVE), chat, sqsBatch([body]))).toEqual({
        batchItemFailures: [],
      });
      expect(world.ledger.parked()).toMatchObject([
        { agent: 'route-events', code: 'MESSAGE_INVALID', body },
      ]);
    },
  );
});
