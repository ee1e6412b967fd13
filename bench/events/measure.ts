/**
 * How fast the projector and the router get through events, and how far behind they are under a steady load.
 *
 * What is measured: a backlog of events of many runs, first by the one consumer alone, then by the other
 * alone, from its first checkpoint to its last; then all consumers together under events at a steady pace.
 * The events are those of a support run and of a conversation that were really played, told again of other
 * runs; the conversations are really begun, so that the router reacts: it reads and writes their records
 * and sends their tasks.
 * What is not: the agents, whose queues nobody reads meanwhile; the start of a worker; joins.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CONSUMERS, type ConsumerName } from '#runtime/contracts/consumers.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import { eachAtMost } from '#runtime/lambda/each-at-most.ts';
import type { Report } from '../../localstack/report.ts';
import { lagSeconds, type Moment, type Put, perSecond, quantile } from './figures.ts';
import { retold, sideBySide } from './retell.ts';
import type { Stand } from './stand.ts';

/** Runs of each of the two kinds. */
const RUNS = { backlog: 100, load: 40 };
const LOAD_PER_SECOND = 40;
const LOAD_EVERY_MS = 250;
const LOOK_EVERY_MS = 100;
const LIMIT_MS = 60_000;
const STARTS_AT_A_TIME = 8;
const AGENTS = ['extract-preferences', 'search-listings', 'qualify-lead', 'schedule-meeting'];
const MEASURED = ['projector', 'router'] as const;
const ALL = Object.values(CONSUMERS);
const MESSAGE = 'user.message.received';
const TEXT = 'A house with 6 rooms, up to 400k please.';

export interface EventFigures {
  readonly eventsPerSecond: Readonly<Record<(typeof MEASURED)[number], number>>;
  /** Of the events of both; arrival to handled. */
  readonly lagP99Seconds: number;
  readonly backlog: number;
  readonly load: { readonly events: number; readonly perSecond: number };
}

export async function measureEvents(stand: Stand, report: Report): Promise<EventFigures> {
  report('Playing a support run and a conversation');
  const played = await play(stand);
  await stand.feed([...ALL, ...AGENTS], false);

  report(`Beginning ${RUNS.backlog + RUNS.load} conversations`);
  const begun = await beginConversations(stand, RUNS.backlog + RUNS.load);
  const backlog = told(played, begun.slice(0, RUNS.backlog));
  await stand.put(backlog);
  const rates = new Map<ConsumerName, number>();
  for (const consumer of MEASURED) {
    rates.set(consumer, await throughput(stand, consumer, backlog.length, report));
  }

  await stand.feed(ALL, true);
  const load = told(played, begun.slice(RUNS.backlog));
  report(`${load.length} events at ${LOAD_PER_SECOND} a second`);
  const lags = await underLoad(stand, load);
  return {
    eventsPerSecond: {
      projector: rates.get('projector') ?? Number.NaN,
      router: rates.get('router') ?? Number.NaN,
    },
    lagP99Seconds: quantile(lags, 0.99),
    backlog: backlog.length,
    load: { events: load.length, perSecond: LOAD_PER_SECOND },
  };
}

interface Played {
  readonly support: readonly SignalboxEvent[];
  /** But for what the API and the router tell of a conversation. */
  readonly conversation: readonly SignalboxEvent[];
}

async function play({ client }: Stand): Promise<Played> {
  const input = { query: 'What is a fence?', customerId: 'c-bench' };
  const { id } = await client.startRun({ workflow: 'support', input });
  const { run } = await client.sendEvent({ type: MESSAGE, data: { text: TEXT } });
  await until('the support run ends', async () => isTerminal((await client.run(id)).status));
  await until('homes are found', async () =>
    (await client.run(run)).steps.some(
      ({ agent, status }) => agent === 'search-listings' && status === 'succeeded',
    ),
  );
  const [support, conversation] = await Promise.all([client.events(id), client.events(run)]);
  return {
    support: support.events,
    conversation: conversation.events.filter(({ subject }) => subject !== undefined),
  };
}

interface Begun {
  readonly run: string;
  readonly origin: string;
}

async function beginConversations({ client }: Stand, count: number): Promise<readonly Begun[]> {
  const begun: Begun[] = [];
  await eachAtMost(STARTS_AT_A_TIME, Array.from({ length: count }), async () => {
    const { run, event } = await client.sendEvent({ type: MESSAGE, data: { text: TEXT } });
    begun.push({ run, origin: event.id });
  });
  return begun;
}

/** What is played of each of the conversations, and of as many support runs. */
function told(
  { support, conversation }: Played,
  begun: readonly Begun[],
): readonly SignalboxEvent[] {
  const atMs = Date.now();
  return sideBySide(
    begun.flatMap((own) => [
      retold(conversation, { ...own, atMs }),
      retold(support, { run: `bench-${own.run}`, atMs }),
    ]),
  );
}

/** Lets one consumer go through what lies before it. */
async function throughput(
  stand: Stand,
  consumer: ConsumerName,
  count: number,
  report: Report,
): Promise<number> {
  const before = await stand.moment(consumer);
  await stand.feed([CONSUMERS[consumer]], true);
  const moments: Moment[] = [];
  await until(`the ${consumer} is through`, async () => {
    const moment = await stand.moment(consumer);
    refuseParked(consumer, before, moment);
    if (moment.handled > before.handled && moment.atMs !== moments.at(-1)?.atMs) {
      moments.push(moment);
    }
    return moment.handled - before.handled >= count;
  });
  await stand.feed([CONSUMERS[consumer]], false);
  const rate = perSecond(moments);
  report(`the ${consumer} alone: ${rate.toFixed(0)} events a second`);
  return rate;
}

/** What is put aside costs less than what is handled: its figure would say nothing. */
function refuseParked(consumer: ConsumerName, before: Moment, now: Moment): void {
  const parked = now.parked - before.parked;
  if (parked > 0) throw new Error(`the ${consumer} has parked ${parked} events`);
}

/** Puts the events at a steady pace; gives the lag of each at each consumer. */
async function underLoad(
  stand: Stand,
  load: readonly SignalboxEvent[],
): Promise<readonly number[]> {
  const puts: Put[] = [];
  const moments = new Map(MEASURED.map((consumer) => [consumer, [] as Moment[]]));
  const isPast = ({ sequence }: Moment): boolean => {
    const last = puts.at(-1);
    return last !== undefined && BigInt(sequence) >= BigInt(last.sequence);
  };
  const putting = putSteadily(stand, load, puts);
  await until('the load is handled', async () => {
    const now = await Promise.all(
      MEASURED.map(async (consumer) => {
        const moment = await stand.moment(consumer);
        moments.get(consumer)?.push(moment);
        return moment;
      }),
    );
    return puts.length >= load.length && now.every(isPast);
  });
  await putting;
  return MEASURED.flatMap((consumer) => lagSeconds(puts, moments.get(consumer) ?? []));
}

async function putSteadily(
  stand: Stand,
  load: readonly SignalboxEvent[],
  puts: Put[],
): Promise<void> {
  const share = (LOAD_PER_SECOND * LOAD_EVERY_MS) / 1000;
  const beganMs = performance.now();
  for (let i = 0; i * share < load.length; i += 1) {
    puts.push(...(await stand.put(load.slice(i * share, (i + 1) * share))));
    await sleep(Math.max(0, beganMs + (i + 1) * LOAD_EVERY_MS - performance.now()));
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const limitMs = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > limitMs)
      throw new Error(`after ${LIMIT_MS / 1000} s still not: ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}
