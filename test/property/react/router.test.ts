/** Whatever happens to events, messages and routers, agents react once, in order, and the run ends once. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import type {
  DeployedSubscriptions,
  EventRule,
  JoinRule,
  PerRun,
} from '#runtime/contracts/subscriptions.ts';
import { type Agents, type Death, RouterWorld, RUN } from '../../support/router-world.ts';

const RUNS = { numRuns: 150 } as const;
const TIMEOUT_MS = 120_000;

const on = (
  name: string,
  type: string,
  perRun: PerRun,
  more: Partial<EventRule> = {},
): EventRule => ({
  kind: 'event',
  name,
  agent: name,
  maxAttempts: 1,
  type,
  where: {},
  perRun,
  previous: {},
  ...more,
});

const join = (name: string, per: JoinRule['per']): JoinRule => ({
  kind: 'join',
  name,
  agent: 'join',
  maxAttempts: 1,
  types: { found: 'homes.found', lead: 'lead.qualified' },
  per,
  timeoutSeconds: 600,
});

const SUBSCRIPTIONS: DeployedSubscriptions = {
  name: 'chat',
  version: 'v1',
  rules: [
    on('search', 'message.received', 'parallel'),
    on('qualify', 'message.received', 'parallel', { where: { visit: true } }),
    on('remember', 'message.received', 'serial', { previous: { known: 'memory.kept' } }),
    on('draft', 'message.received', 'latest'),
    join('bookOnce', 'run'),
    join('bookEach', 'origin'),
  ],
  quietSeconds: 60,
  deadlineSeconds: 3600,
};

const AGENTS: Agents = {
  search: (input) => [{ type: 'homes.found', data: input }],
  qualify: (input) => [{ type: 'lead.qualified', data: input }],
  remember: (input) => [{ type: 'memory.kept', data: { of: (input as { n: number }).n } }],
  draft: (input) => ((input as { n: number }).n % 3 === 2 ? null : []),
  join: () => [],
};

const death: fc.Arbitrary<Death> = fc.record({
  at: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 14 })),
  when: fc.constantFrom('before', 'after'),
});
const pick = fc.integer({ min: 0, max: 999 });

/** Something that happens, and what it happens to. */
const happening = (longestPassMs: number) =>
  fc.oneof(
    fc.record({ kind: fc.constant('external' as const), visit: fc.boolean() }),
    fc.record({
      kind: fc.constant('deliver' as const),
      picks: fc.array(pick, { maxLength: 4 }),
      death,
    }),
    fc.record({
      kind: fc.constant('two routers' as const),
      picks: fc.array(pick, { minLength: 1, maxLength: 3 }),
      deaths: fc.tuple(death, death),
    }),
    fc.record({ kind: fc.constant('again' as const), pick, death }),
    fc.record({ kind: fc.constant('work' as const), pick }),
    fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.integer({ min: 0, max: longestPassMs }),
      death,
    }),
  );
const HAPPENINGS = { maxLength: 40 } as const;
/** So quick that the run is never quiet before all of it has happened. */
const quickStory = fc.array(happening(1000), HAPPENINGS);
const slowStory = fc.array(happening(20_000), HAPPENINGS);
type Happening = ReturnType<typeof happening> extends fc.Arbitrary<infer H> ? H : never;

/** A run in which all of this happens, brought to its end. */
async function live(happenings: readonly Happening[], isInOrder = false): Promise<Lived> {
  const world = new RouterWorld(SUBSCRIPTIONS, AGENTS);
  await world.accept();
  const messages: SignalboxEvent[] = [
    await world.external('message.received', { n: 0, visit: true }),
  ];
  const handled: SignalboxEvent[] = [];
  const take = (picks: readonly number[]): SignalboxEvent[] => {
    if (isInOrder) return world.pending.splice(0, picks.length);
    return picks.flatMap((one) =>
      world.pending.length === 0 ? [] : world.pending.splice(one % world.pending.length, 1),
    );
  };
  const deliver = async (events: readonly SignalboxEvent[], at: Death): Promise<void> => {
    if (await world.deliver(events, at)) handled.push(...events);
    else world.pending.unshift(...events);
  };
  for (const one of happenings) {
    switch (one.kind) {
      case 'external': {
        const data = { n: messages.length, visit: one.visit };
        messages.push(await world.external('message.received', data));
        break;
      }
      case 'deliver':
        await deliver(take(one.picks), one.death);
        break;
      case 'two routers': {
        const events = take(one.picks);
        const [first, second] = one.deaths;
        // Events that both have, and one that only the second has.
        const shared = isInOrder ? events : events.slice(1);
        await Promise.all([deliver(shared, first), deliver(events, second)]);
        break;
      }
      case 'again': {
        // One that was not handled comes with all those behind it: it is still pending.
        const event = handled[one.pick % Math.max(1, handled.length)];
        if (event) await deliver([event], one.death);
        break;
      }
      case 'work': {
        const [message] = world.queue.splice(one.pick % Math.max(1, world.queue.length), 1);
        if (message) await world.work(message);
        break;
      }
      case 'pass':
        await world.passMs(one.ms, one.death);
        break;
    }
  }
  await world.finish();
  return { world, messages };
}

interface Lived {
  readonly world: RouterWorld;
  /** Events from outside, in the order of their positions. */
  readonly messages: readonly SignalboxEvent[];
}

const ids = (events: readonly SignalboxEvent[]): readonly string[] => events.map(({ id }) => id);
const droppedBy = (world: RouterWorld, rule: string, why: string): readonly string[] =>
  world.toldOf('signalbox.reaction.dropped').flatMap(({ data }) => {
    const drop = data as { rule: string; why: string; events: readonly string[] };
    return drop.rule === rule && drop.why === why ? drop.events : [];
  });

const isVisit = ({ data }: SignalboxEvent): boolean => (data as { visit: boolean }).visit;

function property(
  name: string,
  check: (lived: Lived) => void | Promise<void>,
  { isInOrder = false, story = quickStory } = {},
): void {
  test(
    name,
    async () => {
      await fc.assert(
        fc.asyncProperty(story, async (happenings) => {
          const lived = await live(happenings, isInOrder);
          await check(lived);
          lived.world.reactions();
          expect(lived.world.violations).toEqual([]);
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );
}

property('a rule reacts to each event that it is about exactly once', ({ world, messages }) => {
  expect([...world.causes('search')].sort()).toEqual([...ids(messages)].sort());
  expect([...world.causes('qualify')].sort()).toEqual([...ids(messages.filter(isVisit))].sort());
});

property('a join fires once for a run, and once for each origin that has it all', (lived) => {
  const { world, messages } = lived;
  const visits = messages.filter(isVisit);
  const booked = [...world.reactions()].filter(([path]) => path.startsWith('bookEach@'));
  const origins = booked.map(([, { message }]) => message.reaction?.origin);
  expect(origins.toSorted()).toEqual([...ids(visits)].sort());
  for (const [, { message }] of booked) {
    const { found, lead } = message.input as Record<'found' | 'lead', { n: number }>;
    expect(found).toEqual(lead);
  }
  expect(world.causes('bookOnce')).toHaveLength(visits.length > 0 ? 1 : 0);
});

property(
  'serial: never two at a time, and each sees what those before it have left',
  ({ world }) => {
    const sent = [...world.reactions().keys()].filter((path) => path.startsWith('remember@'));
    // The first sending of each is behind the end of the one before.
    const ended = world.ended.filter((path) => path.startsWith('remember@'));
    expect(ended).toEqual(sent);
    const inputs = sent.map((path) => world.reactions().get(path)?.message.input);
    const seen = inputs.map(
      (input) => (input as { known: { of: number } | null }).known?.of ?? null,
    );
    const left = inputs.map((input) => (input as { n: number }).n);
    expect(seen).toEqual([null, ...left].slice(0, seen.length));
  },
);

property(
  'serial: events that come in order are reacted to in that order',
  ({ world, messages }) => {
    expect(world.causes('remember')).toEqual(ids(messages));
  },
  { isInOrder: true },
);

property(
  'latest: each event is reacted to or told as superseded, the newest is not left out',
  (lived) => {
    const { world, messages } = lived;
    const reacted = world.causes('draft');
    const superseded = droppedBy(world, 'draft', 'superseded');
    expect([...reacted, ...superseded].sort()).toEqual([...ids(messages)].sort());
    const newest = messages
      .toSorted((a, b) => (eventPosition(a) < eventPosition(b) ? -1 : 1))
      .at(-1);
    expect(reacted.at(-1)).toBe(newest?.id);
  },
);

const onceBegunOnceEnded = async ({ world }: Lived): Promise<void> => {
  const ends = world.told.filter(({ type }) =>
    /^signalbox\.run\.(succeeded|failed|expired)$/.test(type),
  );
  expect(new Set(ends.map((event) => JSON.stringify(event))).size).toBe(1);
  expect(world.toldOf('signalbox.run.started')).toHaveLength(1);
  const record = await world.ledger.runs.read(RUN);
  expect(`signalbox.run.${record?.end?.status}`).toBe(ends[0]?.type);
  const hasFailed = world.causes('draft').some((cause) => {
    const message = [...world.reactions().values()].find(
      (one) => one.message.reaction?.cause === cause,
    );
    return ((message?.message.input as { n: number } | undefined)?.n ?? 0) % 3 === 2;
  });
  expect(record?.end?.status).toBe(hasFailed ? 'failed' : 'succeeded');
  const reactions = await world.ledger.reactions.read(RUN);
  expect(reactions?.owed).toEqual([]);
  expect(world.queue).toEqual([]);
};

property('the run begins once and ends once, and nothing is owed then', onceBegunOnceEnded);
property('the same, when it ends while messages still come', onceBegunOnceEnded, {
  story: slowStory,
});
