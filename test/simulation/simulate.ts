/**
 * One seed: a storm over a small world, the calm after it, and the judgement.
 *
 * Invariant: equal seeds and options give equal reports; nothing reads a real clock, a real random
 * number or a real timer.
 */
import { createHash } from 'node:crypto';
import type { Judge, Remains } from './check/check.ts';
import { judgeFacts } from './check/judge-facts.ts';
import { customer } from './clients.ts';
import type { Fact } from './evidence.ts';
import type { FaultKind, FaultLimits } from './faults.ts';
import { historyOf } from './history.ts';
import { loadMachines } from './machines.ts';
import { talker } from './reactive/clients.ts';
import { remainsOf } from './remains.ts';
import { World, type WorldKind } from './world.ts';

export interface SimulationOptions extends FaultLimits {
  /** @default 'workflows' */
  readonly world?: WorldKind;
  /** How many of the seed's runs are started. @default - all */
  readonly runs?: number;
  /** Tell the history of a seed without violations, too. @default false */
  readonly history?: boolean;
}

export interface SeedReport {
  readonly seed: number;
  readonly world: WorldKind;
  readonly schedules: number;
  /** The same for seeds in which the same happened in the same order. */
  readonly schedule: string;
  readonly faults: Record<FaultKind, number>;
  readonly violations: Judge['violations'];
  /** How often what a check is about has occurred, by invariant. */
  readonly seen: Readonly<Record<string, number>>;
  /** What happened, one line each. */
  readonly history: readonly string[];
}

const machines = await loadMachines();

const STORM_MS = 240_000;
/** So long after the storm everything has to have come to an end. */
const CALM_MS = 4 * 3_600_000;

export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SeedReport> {
  const { world: kind = 'workflows' } = options;
  const name = kind === 'workflows' ? `seed ${seed}` : `${kind}, seed ${seed}`;
  const world = new World(name, kind, machines, options);
  const { system, evidence, faults } = world.services;
  const startMs = system.now();
  world.boot();
  const remains = await system.run(live(world, options));
  const { facts } = evidence;
  const { violations, seen } = judgeFacts(facts, remains);
  return {
    seed,
    world: kind,
    schedules: 1,
    schedule: scheduleOf(facts),
    faults: faults.counts,
    violations,
    seen: Object.fromEntries(seen),
    history: violations.length > 0 || options.history ? historyOf(facts, startMs) : [],
  };
}

async function live(
  world: World,
  { runs = Number.POSITIVE_INFINITY }: SimulationOptions,
): Promise<Remains> {
  const { system, random, faults } = world.services;
  const count = Math.min(runs, random.between(1, 4));
  const client = world.plane ? talker : customer;
  const clients = Array.from({ length: count }, (_, i) => client(world, `trip-${i}`, STORM_MS / 2));
  await system.sleep(STORM_MS);
  faults.heal();
  await Promise.all(clients);
  await quiet(world);
  const { plane } = world;
  if (!plane) return remainsOf(world, world.unrest);
  const stuck = plane.behind;
  plane.cure();
  await quiet(world, () => plane.parked.length > 0);
  const unrest = [world.unrest ?? [], plane.parked].flat();
  return { ...(await remainsOf(world, unrest.join(', ') || null)), stuck };
}

/** Waits until nothing moves any more, or for long enough. */
async function quiet(world: World, isLeft: () => boolean = () => false): Promise<void> {
  const { system } = world.services;
  const untilMs = system.now() + CALM_MS;
  while ((world.unrest !== null || isLeft()) && system.now() < untilMs) await system.sleep(5000);
}

/** A hash of what happened, where and when. */
function scheduleOf(facts: readonly Fact[]): string {
  const hash = createHash('sha256');
  for (const { kind, by, atMs } of facts) hash.update(`${atMs} ${by} ${kind}\n`);
  return hash.digest('hex').slice(0, 16);
}
