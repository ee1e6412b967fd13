/** Whatever happens to the deliveries of a reaction, which nobody waits for, it is tried as often as it may be and no more. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reactionMessage } from '../../support/steps.ts';
import { fate, type History, live } from './history.ts';

const fates = fc.array(fate, { maxLength: 10 });
const RUNS = { numRuns: 150 } as const;
const TIMEOUT_MS = 60_000;
const MAX_ATTEMPTS = 3;
const message = reactionMessage({ maxAttempts: MAX_ATTEMPTS });

const liveAsReaction = (given: Parameters<typeof live>[0]): Promise<History> =>
  live(given, 'retry', message);

test(
  'R3, R4: any history of deliveries ends in one final outcome, each attempt recorded once and told before the next is sent',
  async () => {
    const ends = new Set<string | undefined>();
    await fc.assert(
      fc.asyncProperty(fates, async (given) => {
        const history = await liveAsReaction(given);
        expect(history.isOver).toBe(true);
        expect(history.world.queue.size).toBe(0);
        expect(history.world.queue.deadLetters).toEqual([]);
        expect(history.violations).toEqual([]);
        const outcomes = history.record()?.outcomes ?? [];
        const retries = outcomes.map(({ attempt: { retry } }) => retry);
        expect(retries).toEqual(retries.map((_, i) => i));
        expect(retries.length).toBeLessThanOrEqual(MAX_ATTEMPTS);
        const told = history.world.events.events.filter(({ type }) => ENDS.has(type));
        const ids = new Map(told.map(({ id, attempt }) => [id, attempt]));
        expect([...ids.values()].sort()).toEqual(retries.map((retry) => `0.${retry}`));
        const finals = told.filter(({ type }) => type !== 'signalbox.step.retried');
        expect(new Set(finals.map(({ id }) => id)).size).toBe(1);
        ends.add(finals[0]?.type);
      }),
      // Two histories at least, of which each comes to one of the ends.
      { ...RUNS, examples: [[[FAILS, FAILS, FAILS]], [[]]] },
    );
    expect([...ends].sort()).toEqual(['signalbox.step.failed', 'signalbox.step.succeeded']);
  },
  TIMEOUT_MS,
);

const ENDS = new Set([
  'signalbox.step.succeeded',
  'signalbox.step.failed',
  'signalbox.step.retried',
  'signalbox.step.expired',
  'signalbox.step.stopped',
]);

test(
  'R4: an event id never has two contents, though attempts are sent more than once',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, async (given) => {
        const { world } = await liveAsReaction(given);
        const contents = Map.groupBy(world.events.events, ({ id }) => id);
        for (const events of contents.values()) {
          expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(1);
        }
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'R10: after a stop nothing is called any more, and the reaction ends',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, fc.nat({ max: 9 }), async (given, at) => {
        const stopped = given.map((one, i) => (i === at ? { ...one, isStopped: true } : one));
        const history = await liveAsReaction(stopped);
        expect(history.isOver).toBe(true);
        expect(history.callsAfterStop).toBe(0);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'a worker may die anywhere in a failed attempt: the next one is made, and none twice',
  async () => {
    const deaths = Array.from({ length: 40 }, (_, i) => i + 1).flatMap((at) =>
      (['before', 'after'] as const).map((when) => ({ at, when })),
    );
    let reached = 0;
    for (const death of deaths) {
      const fails = { ...FAILS, death };
      const history = await liveAsReaction([fails, FAILS]);
      const where = `${death.when} ${death.at}`;
      expect(history.violations, where).toEqual([]);
      const outcomes = history.record()?.outcomes ?? [];
      expect(outcomes.at(-1)?.result.status, where).toBe('succeeded');
      expect(history.world.queue.size, where).toBe(0);
      if (history.record()?.fence !== outcomes.length) reached += 1;
    }
    expect(reached).toBeGreaterThan(10);
  },
  TIMEOUT_MS,
);

const FAILS = {
  death: undefined,
  answer: 'given',
  stream: 'takes',
  isDoubled: false,
  copy: 'sent',
  ack: 'given',
  agent: 'fails',
  isStopped: false,
  pause: 70,
} as const;
