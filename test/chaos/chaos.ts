/**
 * The chaos: runs are started one after the other while their workers are killed and what they depend on
 * fails; then everything is counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SignalboxClient } from '#runtime/client/client.ts';
import type { RunView } from '#runtime/contracts/api.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import { pages } from '../../cli/runs/follow.ts';
import { type CountedFault, FaultInjection } from '../../localstack/faults.ts';
import type { Report } from '../../localstack/report.ts';
import { type ChaosDeployment, deployChaos } from './chaos-project.ts';
import { FAULTS } from './faults.ts';
import * as contracts from './functions/contracts.ts';
import { Killer } from './killer.ts';
import { OutsideWorld } from './outside-world.ts';
import { type Claim, delays, type Seen, type Verdict, verdictOn, wrongs } from './verdict.ts';

const { fulfilOrder, reserveItem, chargeCard, printLabel, sendParcel } = contracts;
const AGENTS = [reserveItem, chargeCard, printLabel, sendParcel].map(({ name }) => name);
const STEPS = ['reserve', 'charge', 'label', 'send'];

const KILL_EVERY_MS = 1000;
const START_EVERY_MS = 1000;
const LOOK_EVERY_MS = 2000;
/** An effect of a worker that was killed may still come; then they are counted. */
const SETTLE_MS = 1000;

export interface ChaosOptions {
  readonly runs: number;
  /** When it gives up waiting for ends. @default - the workflow's deadline */
  readonly limitSeconds?: number;
  /** How often one run is hit at most. @default - often */
  readonly maxHits?: number;
  /**
   * Spare workers that start up: the death of one can hide a message for minutes.
   * @default false
   */
  readonly onlyBusy?: boolean;
  readonly report: Report;
  /** Ends it early: what was started is stopped, and what was seen until then is judged. */
  readonly signal?: AbortSignal;
}

export interface ChaosResult {
  readonly verdict: Verdict;
  /** What went wrong, in words. */
  readonly wrongs: readonly string[];
  /** What was too slow, in words. */
  readonly delays: readonly string[];
  readonly seen: Seen;
  /** Requests for effects, repeats among them. */
  readonly asked: number;
  readonly faults: readonly CountedFault[];
  readonly seconds: number;
}

export async function causeChaos(options: ChaosOptions): Promise<ChaosResult> {
  const world = new OutsideWorld();
  const url = await world.open();
  let deployment: ChaosDeployment | null = null;
  try {
    deployment = await deployChaos(url, options);
    return await play(deployment, world, options);
  } finally {
    await deployment?.stop();
    await world.close();
  }
}

async function play(
  { local, cloudPid }: ChaosDeployment,
  world: OutsideWorld,
  options: ChaosOptions,
): Promise<ChaosResult> {
  const began = performance.now();
  const { signal, maxHits, onlyBusy, limitSeconds = fulfilOrder.deadlineSeconds } = options;
  const client = new SignalboxClient({ baseUrl: local.apiUrl });
  const injection = new FaultInjection(local.endpoint);
  for (const rule of FAULTS) await injection.inject(rule);
  const killer = new Killer({
    endpoint: local.endpoint,
    cloudPid,
    agents: AGENTS,
    world,
    ...(maxHits !== undefined && { maxHits }),
    ...(onlyBusy !== undefined && { onlyBusy }),
  });
  const over = new AbortController();
  const killing = every(KILL_EVERY_MS, over.signal, () => killer.strike());

  const runs: string[] = [];
  const ended: RunView[] = [];
  const starting = startRuns(client, options, runs);
  const untilMs = began + limitSeconds * 1000;
  const say = onChange(options.report);
  while (ended.length < options.runs && performance.now() < untilMs && !signal?.aborted) {
    await pause(LOOK_EVERY_MS, signal);
    ended.push(...(await endedNow(client, runs, ended)));
    say(
      `${ended.length} of ${options.runs} runs have ended; ${killer.kills} kills, ${killer.hits.length} of a step; ${world.effects.length} effects`,
    );
  }
  await starting;
  over.abort();
  await killing;
  await sleep(SETTLE_MS);

  const { kills, hits } = killer;
  const { begins, effects, asked } = world;
  const claims = await claimsIn(client, runs);
  const seen = { runs, ended, steps: STEPS, kills, hits, begins, claims, effects };
  const verdict = verdictOn(seen);
  const faults = await injection.list();
  const seconds = Math.round((performance.now() - began) / 1000);
  const judged = { verdict, wrongs: wrongs(verdict, seen), delays: delays(verdict) };
  return { ...judged, seen, asked, faults, seconds };
}

/** Starts one run after the other: a crowd at once would measure how long its steps queue. */
async function startRuns(
  client: SignalboxClient,
  { runs: count, signal }: ChaosOptions,
  runs: string[],
): Promise<void> {
  for (let i = 1; i <= count && !signal?.aborted; i += 1) {
    const input = { order: `order-${i}` };
    runs.push((await client.startRun({ workflow: fulfilOrder.name, input })).id);
    await pause(START_EVERY_MS, signal);
  }
}

async function endedNow(
  client: SignalboxClient,
  runs: readonly string[],
  known: readonly RunView[],
): Promise<readonly RunView[]> {
  const open = runs.filter((run) => !known.some(({ id }) => id === run));
  const views = await Promise.all(open.map((run) => client.run(run)));
  return views.filter(({ status }) => isTerminal(status));
}

/** By time, those of each step. */
async function claimsIn(client: SignalboxClient, runs: readonly string[]): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (const run of runs) {
    for await (const page of pages(client, run, { follow: false })) {
      for (const { type, subject: step, time } of page) {
        if (type !== 'signalbox.step.started' || step === undefined) continue;
        claims.push({ run, step, atMs: Date.parse(time) - performance.timeOrigin });
      }
    }
  }
  return claims.sort((a, b) => a.atMs - b.atMs);
}

async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const nextMs = performance.now() + ms;
    await work();
    await pause(Math.max(0, nextMs - performance.now()), signal);
  }
}

/** A report that says nothing twice. */
function onChange(report: Report): Report {
  let last = '';
  return (what) => {
    if (what !== last) report(what);
    last = what;
  };
}

/** Ends at once when the signal aborts. */
const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, signal && { signal }).catch(() => undefined);
