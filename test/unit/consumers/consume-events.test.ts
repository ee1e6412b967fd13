import { describe, expect, it } from 'vitest';
import { RetryableError } from '#runtime/contracts/errors.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { away, consumerWorld, eventOf, nameOf } from '../../support/consumer-world.ts';

const [a1, a2, a3, b1, b2] = [
  eventOf('a', 1),
  eventOf('a', 2),
  eventOf('a', 3),
  eventOf('b', 1),
  eventOf('b', 2),
];

/** Refuses these events for good, whatever comes with them. */
const refusing =
  (...poison: SignalboxEvent[]) =>
  async (events: readonly SignalboxEvent[]) => {
    const bad = events.find(({ id }) => poison.some((one) => one.id === id));
    if (bad) throw new RangeError(`no room for ${nameOf(bad)}`);
  };

/** Has something away that these events need. */
const withoutService =
  (...concerned: SignalboxEvent[]) =>
  async (events: readonly SignalboxEvent[]) => {
    if (events.some(({ id }) => concerned.some((one) => one.id === id))) throw away();
  };

describe('a batch of the stream', () => {
  it('is handed over by run, in the order of the shard, each event once', async () => {
    const { consume, handed } = consumerWorld(async () => {});
    expect(await consume([a1, b1, a2, a1, b1, a3])).toBeNull();
    expect(handed).toEqual([['a1', 'a2', 'a3'], ['b1']]);
  });

  it('has as many runs under way as the consumer takes', async () => {
    let underWay = 0;
    let most = 0;
    const { consume, system } = consumerWorld(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await system.sleep(10);
      underWay -= 1;
    });
    await consume(Array.from({ length: 40 }, (_, n) => eventOf(`run${n}-`, 1)));
    expect(most).toBe(10);
  });

  it('without anything in it is done', async () => {
    const { consume, handed } = consumerWorld(async () => {});
    expect(await consume([])).toBeNull();
    expect(handed).toEqual([]);
  });

  it('parks what is no event, and goes on with the others', async () => {
    const { consume, handed, ledger } = consumerWorld(async () => {});
    expect(await consume([a1, 'no event', b1])).toBeNull();
    expect(handed).toEqual([['a1'], ['b1']]);
    expect(ledger.parked()).toMatchObject([{ agent: 'route-events', code: 'EVENT_INVALID' }]);
  });

  it('comes again from what could not be parked as a letter', async () => {
    const { consume, handed } = consumerWorld(
      async () => {},
      () => ({ deadLetters: { park: () => Promise.reject(away()) } }),
    );
    expect(await consume([a1, 'no event', b1])).toBe(1);
    expect(handed).toEqual([['a1'], ['b1']]);
  });

  it('fails as a whole, before anything is handled, while nobody knows which lanes are open', async () => {
    const { consume, handed } = consumerWorld(
      async () => {},
      ({ lanes }) => ({ lanes: { ...lanes, openOf: () => Promise.reject(away()) } }),
    );
    await expect(consume([a1])).rejects.toThrow('connect');
    expect(handed).toEqual([]);
  });

  it('K3: begins no run once half of the function is over; what is left comes again', async () => {
    const { consume, handed, system } = consumerWorld(async () => system.sleep(20_000));
    const records = Array.from({ length: 30 }, (_, n) => eventOf(`run${n}-`, 1));
    expect(await consume(records)).toBe(20);
    expect(handed).toHaveLength(20);
  });
});

describe('an event that cannot be handled', () => {
  it('R8: is parked with its cause, those of its run queue behind it, other runs go on', async () => {
    const world = consumerWorld(refusing(a2));
    expect(await world.consume([a1, b1, a2, a3, b2])).toBeNull();
    expect(world.handed.flat().filter((name) => name.startsWith('b'))).toEqual(['b1', 'b2']);
    expect(await world.lane('a')).toEqual(['a2', 'a3']);
    const [first, second] = await world.lanes.oldest({
      consumer: 'route-events',
      run: 'a',
      limit: 9,
    });
    expect(first?.cause).toEqual({ code: 'UNHANDLED', message: 'RangeError: no room for a2' });
    expect(second?.cause).toBeNull();
  });

  it('is found among those before it, which are handled', async () => {
    const { consume, handed, lane } = consumerWorld(refusing(a3));
    await consume([a1, a2, a3]);
    expect(handed).toEqual([['a1', 'a2', 'a3'], ['a1'], ['a2'], ['a3']]);
    expect(await lane('a')).toEqual(['a3']);
  });
});

describe('what is told of a parked event', () => {
  it('says on the stream which event it was and why, once', async () => {
    const { consume, told } = consumerWorld(refusing(a1));
    await consume([a1, a2]);
    expect(told()).toMatchObject([
      {
        type: 'signalbox.event.parked',
        source: 'signalbox/route-events',
        run: 'a',
        data: {
          consumer: 'route-events',
          event: a1.id,
          type: 'thing.happened',
          code: 'UNHANDLED',
          cause: 'RangeError: no room for a1',
        },
      },
    ]);
  });

  it('is nothing when it says itself that something was parked', async () => {
    const { consume, told, lane } = consumerWorld(refusing(a1));
    await consume([a1]);
    const [parked] = told();
    const again = consumerWorld(refusing(parked ?? a1));
    await again.consume([parked, b1]);
    expect(again.told()).toEqual([]);
    expect(await again.lane('a')).toHaveLength(1);
    expect(await lane('a')).toEqual(['a1']);
  });

  it('keeps later batches of its run behind it', async () => {
    const { consume, handed, lane } = consumerWorld(refusing(a1));
    await consume([a1]);
    expect(await consume([a2, b1])).toBeNull();
    expect(await lane('a')).toEqual(['a1', 'a2']);
    expect(handed.at(-1)).toEqual(['b1']);
  });

  it('R4: is told again, as the same event, when its batch comes again after a crash', async () => {
    let isAway = true;
    const world = consumerWorld(refusing(a1), ({ events }) => ({
      events: {
        append: async (told) => {
          if (isAway) throw away();
          await events.append(told);
        },
      },
    }));
    expect(await world.consume([a1, a2])).toBe(0);
    expect(await world.lane('a')).toEqual(['a1']);
    isAway = false;
    expect(await world.consume([a1, a2])).toBeNull();
    expect(await world.consume([a1, a2])).toBeNull();
    expect(new Set(world.told().map((event) => JSON.stringify(event))).size).toBe(1);
    expect(await world.lane('a')).toEqual(['a1', 'a2']);
  });

  it('comes again while it cannot be parked either', async () => {
    const { consume, lane } = consumerWorld(refusing(a1), ({ lanes }) => ({
      lanes: { ...lanes, openOf: lanes.openOf.bind(lanes), park: () => Promise.reject(away()) },
    }));
    expect(await consume([b1, a1, b2])).toBe(1);
    expect(await lane('a')).toEqual([]);
  });

  it('behind another of its run waits there untried', async () => {
    const { consume, lane, drain } = consumerWorld(refusing(a1, a3));
    await consume([a1, a2, a3]);
    expect(await lane('a')).toEqual(['a1', 'a2', 'a3']);
    expect(await drain('a')).toMatchObject({ handled: 0, end: 'stuck' });
  });
});

describe('a dependency that fails', () => {
  it('is asked again, twice, before that means anything', async () => {
    let calls = 0;
    const { consume, lane } = consumerWorld(async () => {
      calls += 1;
      if (calls < 3) throw new RetryableError('not now');
    });
    expect(await consume([a1])).toBeNull();
    expect(calls).toBe(3);
    expect(await lane('a')).toEqual([]);
  });

  it('for everything brings the batch again, however old it is; nothing is parked', async () => {
    const { consume, system, lane } = consumerWorld(withoutService(a1, a2, b1));
    expect(await consume([a1, b1, a2])).toBe(0);
    await system.advance(24 * 3_600_000);
    expect(await consume([a1, b1, a2])).toBe(0);
    expect([await lane('a'), await lane('b')]).toEqual([[], []]);
  });

  it('for one run brings the batch again for a minute, from its first event on', async () => {
    const { consume, lane, system } = consumerWorld(withoutService(a1));
    expect(await consume([b1, a1, b2, a2])).toBe(1);
    expect(await lane('a')).toEqual([]);
    await system.advance(60_000);
    expect(await consume([b1, a1, b2, a2])).toBeNull();
    expect(await lane('a')).toEqual(['a1', 'a2']);
  });

  it('for an event in the middle of a run stops before it, not before those that were handled', async () => {
    const { consume } = consumerWorld(withoutService(a2));
    expect(await consume([a1, a2, a3])).toBe(1);
  });
});

describe('a lane that is drained', () => {
  it('hands its events over in their order, and closes', async () => {
    const poison = [a1];
    const { consume, drain, handed, lane } = consumerWorld((events) => refusing(...poison)(events));
    await consume([a1, a2]);
    await consume([a3]);
    poison.length = 0;
    const before = handed.length;
    expect(await drain('a')).toEqual({ handled: 3, end: 'drained' });
    expect(handed.slice(before).flat()).toEqual(['a1', 'a2', 'a3']);
    expect(await lane('a')).toEqual([]);
    await consume([eventOf('a', 4)]);
    expect(handed.at(-1)).toEqual(['a4']);
  });

  it('stops at what still cannot be handled, says why, and tells of an event that had only waited', async () => {
    const poison = [a1];
    const world = consumerWorld((events) => refusing(...poison)(events));
    await world.consume([a1, a2, a3]);
    poison.splice(0, 1, a2);
    const cause = { code: 'UNHANDLED', message: 'RangeError: no room for a2' };
    expect(await world.drain('a')).toEqual({ handled: 1, end: 'stuck', cause });
    expect(await world.drain('a')).toEqual({ handled: 0, end: 'stuck', cause });
    expect(await world.lane('a')).toEqual(['a2', 'a3']);
    const parked = world.told().map(({ data }) => (data as { event: string }).event);
    expect(parked).toEqual([a1.id, a2.id]);
    const [lane] = await world.lanes.list({ consumer: 'route-events', limit: 9 });
    expect(lane).toMatchObject({ event: a2.id, cause: cause.message });
  });

  it('blames no event for a dependency that is away', async () => {
    const poison = [a1];
    const world = consumerWorld(async (events) => {
      await refusing(...poison)(events);
      if (poison.length === 0) throw away();
    });
    await world.consume([a1, a2]);
    poison.length = 0;
    expect(await world.drain('a')).toMatchObject({ handled: 0, end: 'away' });
    expect(await world.lane('a')).toEqual(['a1', 'a2']);
    expect(world.told()).toHaveLength(1);
  });

  it('goes on another time when its time is over', async () => {
    const poison = [a1];
    const world = consumerWorld(async (events) => {
      await refusing(...poison)(events);
      if (poison.length === 0) await world.system.sleep(600);
    });
    await world.consume([a1, a2, a3]);
    poison.length = 0;
    expect(await world.drain('a', 1)).toEqual({ handled: 2, end: 'time-over' });
    expect(await world.drain('a', 1)).toEqual({ handled: 1, end: 'drained' });
  });

  it('that was never open is drained', async () => {
    expect(await consumerWorld(async () => {}).drain('a')).toEqual({ handled: 0, end: 'drained' });
  });

  it('while the stream goes on loses nothing, and keeps the order', async () => {
    const poison = [a1];
    const handledInOrder: string[] = [];
    const world = consumerWorld(async (events) => {
      await refusing(...poison)(events);
      await world.system.sleep(5);
      handledInOrder.push(...events.map(nameOf));
    });
    await world.consume([a1, a2]);
    poison.length = 0;
    const later = Array.from({ length: 20 }, (_, n) => eventOf('a', n + 3));
    const drained = world.drain('a');
    for (const event of later) await world.consume([event]);
    await drained;
    await world.drain('a');
    expect([...new Set(handledInOrder)]).toEqual([a1, a2, ...later].map(nameOf));
  });
});

describe('the checkpoint of a batch', () => {
  it('is its last record, with what was handled and put aside', async () => {
    const { consume, checkpoints, system } = consumerWorld(refusing(a2));
    await consume([a1, b1, a2, 'no event', a3]);
    expect(await checkpoints.list()).toEqual([
      {
        consumer: 'route-events',
        shard: 'shardId-000000000000',
        sequence: '4',
        arrivedMs: 1_767_225_600_123,
        atMs: system.now(),
        handled: 2,
        parked: 3,
      },
    ]);
  });

  it('stands before what comes again, and is not written when that is the first record', async () => {
    const { consume, checkpoints } = consumerWorld(withoutService(a1));
    await consume([b1, a1]);
    expect(await checkpoints.list()).toMatchObject([{ sequence: '0' }]);
    const other = consumerWorld(withoutService(a1));
    await other.consume([a1, b1]);
    expect(await other.checkpoints.list()).toEqual([]);
  });

  it('that cannot be kept fails nothing, and the log says so', async () => {
    const { consume, logged } = consumerWorld(
      async () => {},
      () => ({ checkpoints: { put: () => Promise.reject(away()) } }),
    );
    expect(await consume([a1])).toBeNull();
    expect(logged).toContain('a checkpoint was not kept');
  });
});
