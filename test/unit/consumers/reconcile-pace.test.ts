import { describe, expect, it } from 'vitest';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import { onQuestion, RUN, runId, world } from './reconciled.ts';

describe('C1: questions to the orchestrator', () => {
  it('are 200 ms apart, and at most 100 in a round', async () => {
    const asked: number[] = [];
    const { accept, pass, dueRuns } = world(
      onQuestion((_name, nowMs) => {
        asked.push(nowMs);
      }),
    );
    for (let n = 0; n < 250; n += 1) await accept(runId(n), 30);
    await pass();
    expect(asked).toHaveLength(100);
    for (const [i, ms] of asked.entries()) {
      if (i > 0) expect(ms - (asked[i - 1] ?? 0)).toBeGreaterThanOrEqual(200);
    }
    expect((asked.at(-1) ?? 0) - (asked[0] ?? 0)).toBeLessThan(25_000);
    expect(new Set(dueRuns.entries.map(({ run }) => run)).size).toBe(250);
  });

  it('without need leave half of a round to runs that have to be over', async () => {
    const { accept, pass, orchestrator, executionOf, system } = world();
    for (let n = 0; n < 300; n += 1) await accept(runId(n), 3600);
    await system.advance(1000);
    for (let n = 300; n < 340; n += 1) await accept(runId(n), 30);
    await pass(2);
    const late = Array.from({ length: 40 }, (_, i) => executionOf(runId(300 + i)));
    for (const execution of late) {
      expect(await orchestrator.describe(execution)).toMatchObject({ status: 'ABORTED' });
    }
  });

  it('that are throttled are asked again later', async () => {
    let isBusy = true;
    const { accept, pass, end, view } = world(
      onQuestion(() => {
        if (isBusy) throw new ThrottledError('15 a second');
      }),
    );
    await accept(RUN, 30);
    end({ status: 'SUCCEEDED', output: '1' });
    await pass(3);
    expect(view()?.status).toBe('accepted');
    isBusy = false;
    await pass(5);
    expect(view()?.status).toBe('succeeded');
  });
});

describe('R8: what keeps one run from being looked after', () => {
  it('delays no other one, and is tried again', async () => {
    let isBroken = true;
    const { accept, pass, end, view } = world(
      onQuestion((name) => {
        if (isBroken && name.startsWith(RUN)) throw new RangeError('broken');
      }),
    );
    for (const run of [RUN, runId(2)]) {
      await accept(run);
      end({ status: 'SUCCEEDED', output: '1' }, run);
    }
    await pass();
    expect([view(RUN)?.status, view(runId(2))?.status]).toEqual(['accepted', 'succeeded']);
    isBroken = false;
    await pass();
    expect(view(RUN)?.status).toBe('succeeded');
  });

  it('is not a stream that is away: ends are on record all the same, their events follow', async () => {
    const away = { stream: true };
    const { accept, end, pass, outbox, record } = world((real) => ({
      stream: {
        append: async (events) => {
          if (away.stream) throw new RangeError('away');
          await real.stream.append(events);
        },
      },
      events: { append: (events) => real.outbox.put(events) },
    }));
    await accept();
    end({ status: 'SUCCEEDED', output: '1' });
    await pass();
    expect((await record())?.end?.status).toBe('succeeded');
    expect(outbox.events.map(({ type }) => type)).toContain('signalbox.run.succeeded');
  });

  it('throws when the entries themselves cannot be kept, and loses none', async () => {
    const away = { isAway: true };
    const { accept, pass, dueRuns, view, end } = world((real) => ({
      dueRuns: {
        due: (query) => real.dueRuns.due(query),
        remove: (entry) => real.dueRuns.remove(entry),
        put: async (entry) => {
          if (away.isAway) throw new RangeError('the ledger is away');
          await real.dueRuns.put(entry);
        },
      },
    }));
    await accept();
    end({ status: 'SUCCEEDED', output: '1' });
    await expect(pass()).rejects.toThrow('away');
    expect(dueRuns.entries).toHaveLength(1);
    away.isAway = false;
    await pass(2);
    expect(view()?.status).toBe('succeeded');
    expect(dueRuns.entries).toEqual([]);
  });
});

it('an entry without a record is forgotten: its request has never accepted anything', async () => {
  const { dueRuns, pass, system } = world();
  await dueRuns.put({ run: RUN, dueAtMs: system.now() });
  await pass();
  expect(dueRuns.entries).toEqual([]);
});
