/** Whatever happens to the deliveries of a step, the promises hold. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_STARTS } from '#runtime/core/step.ts';
import { fate, live } from './history.ts';

const fates = fc.array(fate, { maxLength: 10 });
const policies = fc.constantFrom('retry', 'fail');
const RUNS = { numRuns: 100 } as const;
const TIMEOUT_MS = 60_000;

test(
  'R3, R4, R5: any history of deliveries ends in one answer, recorded and published before',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const history = await live(given, policy);
        expect(history.isOver).toBe(true);
        expect(history.world.queue.size).toBe(0);
        expect(history.world.queue.deadLetters).toEqual([]);
        expect(history.violations).toEqual([]);
        expect(history.successes.size).toBeLessThanOrEqual(1);
        const outcomes = history.record()?.outcomes ?? [];
        const ends = outcomes.filter(({ result }) => result.status === 'succeeded');
        expect(ends.length).toBeLessThanOrEqual(1);
        expect(ends.length === 0 || outcomes.at(-1) === ends[0]).toBe(true);
        expect(history.record()?.starts).toBeLessThanOrEqual(MAX_STARTS);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'R2: an effect is performed under one key, and once when its policy says so',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const { performed } = await live(given, policy);
        expect(new Set(performed).size).toBeLessThanOrEqual(1);
        if (policy === 'fail') expect(performed.length).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'R4: the same event id never has two contents, and an attempt emits once',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const { world } = await live(given, policy);
        const contents = Map.groupBy(world.events.events, ({ id }) => id);
        for (const events of contents.values()) {
          expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(1);
        }
        const emitted = [...contents.values()].flatMap(([event]) =>
          event?.type === 'room.booked' ? [event] : [],
        );
        expect(new Set(emitted.map((event) => event.attempt)).size).toBe(emitted.length);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'R4: every recorded outcome is told exactly once in the stream when the step is over',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const history = await live(given, policy);
        const ended = new Map(
          history.world.events.events
            .filter(({ type }) => ENDS.has(type))
            .map((event) => [event.id, event]),
        );
        const told = [...ended.values()].map((event) => event.attempt).sort();
        const recorded = (history.record()?.outcomes ?? [])
          .map(({ attempt: { redrive, retry } }) => `${redrive}.${retry}`)
          .sort();
        expect(told).toEqual(recorded);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

const ENDS = new Set([
  'signalbox.step.succeeded',
  'signalbox.step.failed',
  'signalbox.step.retried',
  'signalbox.step.expired',
]);

test(
  'R4: every event of a recorded call is in the stream when the step is over',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const { world } = await live(given, policy);
        const told = new Set(world.events.events.map(({ id }) => id));
        const recorded = world.ledger.callsOf({ run: 'run-1', path: 'answer' });
        const untold = recorded.flatMap(({ call, events }) =>
          events.filter(({ id }) => !told.has(id)).map(({ type }) => `${call}: ${type}`),
        );
        expect(untold).toEqual([]);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'R4: every event that the ledger has held for somebody to tell is in the stream when the step is over',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const { world, owed } = await live(given, policy);
        const told = new Set(world.events.events.map(({ id }) => id));
        expect([...owed].filter((id) => !told.has(id))).toEqual([]);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'a deferral is never a failure, and sends one copy at most',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const history = await live(given, policy);
        const codes = (history.record()?.outcomes ?? []).map(
          ({ result }) => result.status !== 'succeeded' && result.failure.code,
        );
        expect(codes).not.toContain('MODEL_THROTTLED');
        const deferrals = new Set(
          history.world.events.events
            .filter(({ type }) => type === 'signalbox.step.deferred')
            .map(({ id }) => id),
        );
        expect(history.copies).toBeLessThanOrEqual(deferrals.size);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'R6, R10: a run that is stopped at any time ends its step, and makes no call after',
  async () => {
    const stops = fc.integer({ min: 0, max: 9 });
    await fc.assert(
      fc.asyncProperty(fates, policies, stops, async (given, policy, stopAt) => {
        const history = await live(
          given.map((one, i) => ({ ...one, isStopped: i === stopAt })),
          policy,
        );
        expect(history.isOver).toBe(true);
        expect(history.violations).toEqual([]);
        expect(history.callsAfterStop).toBe(0);
        const { events } = history.world.events;
        const told = new Set(events.map(({ id }) => id));
        expect([...history.owed].filter((id) => !told.has(id))).toEqual([]);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);
