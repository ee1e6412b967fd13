/**
 * Plays one scenario: clients come as they come, the provider turns, and everything is written down.
 *
 * Boundary: real time and real pipelines, all of them under the same arrivals at the same instants.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCustomers } from '../../data/leads/customers.ts';
import { arrivals } from './arrivals.ts';
import { Clients, type Pipeline, type Presentation } from './clients.ts';
import type { ClientRequest } from './measures.ts';
import type { Provider } from './provider.ts';
import { lengthOf, type Scenario } from './scenarios.ts';

const LOOK_EVERY_MS = 1000;
const SETTLE_LOOK_MS = 250;
const SAMPLE_EVERY_MS = 500;
const TELL_EVERY_MS = 1000;

export interface Side {
  readonly name: string;
  readonly pipeline: Pipeline;
  readonly provider: Provider;
}

/** What the provider had been asked until an instant. */
export interface CallSample {
  readonly at: number;
  readonly requests: number;
  readonly answered: number;
  readonly throttled: number;
  /** Of the requests, those that it began to answer: neither refused nor caught by an outage. */
  readonly begun: number;
}

export interface Recording {
  readonly name: string;
  readonly requests: readonly ClientRequest[];
  readonly presentations: readonly Presentation[];
  /** Since the story began. */
  readonly calls: readonly CallSample[];
}

export interface PlayOptions {
  readonly scenario: Scenario;
  readonly sides: readonly Side[];
  readonly seed: number;
  /** Time at most for what is under way when nobody comes any more: a call whose answer is on its way is none too many. */
  readonly settleSeconds: number;
  /** Called every second. */
  readonly onSecond?: (second: number, so_far: readonly Recording[]) => void;
  readonly signal: AbortSignal;
}

export async function play(options: PlayOptions): Promise<readonly Recording[]> {
  const { scenario, sides, seed, settleSeconds, onSecond, signal } = options;
  const startMs = performance.now();
  const closing = new AbortController();
  const players = sides.map((side) => new Player(side, startMs, closing.signal));
  const until = (second: number): Promise<void> =>
    pause(startMs + second * 1000 - performance.now(), signal);
  const over = new AbortController();
  const ends = AbortSignal.any([signal, over.signal]);
  const watching = players.flatMap((player) => [
    every(LOOK_EVERY_MS, ends, () => player.clients.look().catch(() => undefined)),
    every(SAMPLE_EVERY_MS, ends, () => player.sample()),
  ]);
  watching.push(
    every(TELL_EVERY_MS, ends, async () =>
      onSecond?.(
        (performance.now() - startMs) / 1000,
        players.map((player) => player.recording),
      ),
    ),
  );
  const turning = turn(scenario, sides, until);
  const leads = readCustomers();
  for (const [i, at] of arrivals(scenario, seed).entries()) {
    await until(at);
    if (signal.aborted) break;
    const lead = leads[i % leads.length]?.lead;
    for (const { clients } of players) {
      if (lead) void clients.ask(`${scenario.name}-${i}`, lead);
    }
  }
  await until(lengthOf(scenario));
  closing.abort();
  await settled(players, settleSeconds, signal);
  over.abort();
  await Promise.race([Promise.all([...watching, turning]), aborted(signal)]);
  for (const player of players) await player.sample();
  return players.map((player) => player.recording);
}

class Player {
  readonly clients: Clients;
  readonly #side: Side;
  readonly #startMs: number;
  readonly #calls: CallSample[] = [];
  #before: Omit<CallSample, 'at'> | null = null;

  constructor(side: Side, startMs: number, leave: AbortSignal) {
    this.clients = new Clients(side.pipeline, startMs, leave);
    this.#side = side;
    this.#startMs = startMs;
  }

  async sample(): Promise<void> {
    const { failed, hung, ...counts } = await this.#side.provider.stats();
    const begun = counts.requests - counts.throttled - failed - hung;
    const stats = { ...counts, begun };
    this.#before ??= stats;
    this.#calls.push({
      at: (performance.now() - this.#startMs) / 1000,
      requests: stats.requests - this.#before.requests,
      answered: stats.answered - this.#before.answered,
      throttled: stats.throttled - this.#before.throttled,
      begun: stats.begun - this.#before.begun,
    });
  }

  get recording(): Recording {
    const { requests, presentations } = this.clients;
    return { name: this.#side.name, requests, presentations, calls: this.#calls };
  }
}

/** Resolves when nothing that was let in is open any more, or that takes longer than it may. */
async function settled(
  players: readonly Player[],
  limitSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const limitMs = performance.now() + limitSeconds * 1000;
  while (players.some(({ clients }) => clients.openCount > 0) && performance.now() < limitMs) {
    if (signal.aborted) return;
    await pause(SETTLE_LOOK_MS, signal);
  }
}

async function turn(
  { turns }: Scenario,
  sides: readonly Side[],
  until: (second: number) => Promise<void>,
): Promise<void> {
  for (const { atSecond, faults } of turns) {
    await until(atSecond);
    await Promise.all(sides.map(({ provider }) => provider.change(faults)));
  }
}

async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const nextMs = performance.now() + ms;
    await work();
    await pause(nextMs - performance.now(), signal);
  }
}

const aborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};

/** Ends at once when the signal aborts. */
const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
};
