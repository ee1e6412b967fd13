/**
 * `npm run simulate -- [--seeds N] [--seed S] [--world workflows|events] [--json FILE] [--verbose] [--no-mutations]`
 *
 * Simulates seeds 1 to N in each world, or in the one that is named, and tells what they broke, then shows that the checks can fail: every mutation
 * of the runtime has to be caught. With --seed one seed is told in full.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FAULT_KINDS } from './faults.ts';
import { MUTATIONS } from './mutations/list.ts';
import { sentenceOf, tryMutations } from './mutations/try-mutations.ts';
import { type Story, simulateAll, withMachinesFile } from './seed-pool.ts';
import { shrink } from './shrink.ts';
import { type SeedReport, simulate } from './simulate.ts';
import { Total } from './total.ts';
import type { WorldKind } from './world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string' },
    world: { type: 'string' },
    json: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    mutations: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const PROCESSES = 2;
const WORLDS = ['workflows', 'events'] as const;
const worlds = worldsNamed(values.world);
/** So many failing stories are told; the others only by number. */
const TOLD = 3;

async function simulateSeeds(count: number): Promise<number> {
  const { total, mutations } = await withMachinesFile(async (machinesFile) => ({
    total: await totalOf(count, machinesFile),
    mutations: await triedMutations(machinesFile),
  }));
  for (const story of total.failed.slice(0, TOLD)) await tellStory(story);
  const rest = total.failed.slice(TOLD);
  if (rest.length > 0) console.log(`broken as well: ${rest.map(nameOf).join(', ')}`);
  if (values.verbose) tellCoverage(total);
  const summary = { ...total.summary, mutations };
  console.log(JSON.stringify(summary));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summary)}\n`);
  return summary.violations === 0 && mutations.caught === mutations.tried ? 0 : 1;
}

async function totalOf(count: number, machinesFile: string): Promise<Total> {
  const began = performance.now();
  const total = new Total();
  const seeds = Array.from({ length: count }, (_, i) => i + 1);
  const stories = seeds.flatMap((seed) => worlds.map((world) => ({ seed, world })));
  const report = (one: SeedReport): void => {
    total.add(one);
    if (total.stories % 100 !== 0 && total.stories !== stories.length) return;
    const passed = ((performance.now() - began) / 1000).toFixed(0);
    const broken = `${total.failed.length} broken`;
    console.error(`${total.stories} of ${stories.length} stories, ${passed} s, ${broken}`);
  };
  await simulateAll(stories, { processes: PROCESSES, machinesFile, report });
  return total;
}

async function triedMutations(machinesFile: string) {
  if (!values.mutations) return { tried: 0, caught: 0 };
  const mutations = MUTATIONS.filter(({ world = 'workflows' }) => worlds.includes(world));
  return tryMutations(mutations, {
    processes: PROCESSES,
    machinesFile,
    report: (one) => console.error(sentenceOf(one).slice(0, 200)),
  });
}

/** A seed's smallest history, or what it was when nothing is broken. */
async function tellStory(story: Story): Promise<number> {
  const { seed, world } = story;
  const whole = await simulate(seed, { world, history: values.verbose });
  if (whole.violations.length === 0) {
    for (const line of whole.history) console.log(line);
    console.log(`${nameOf(story)}: nothing is broken`);
    return 0;
  }
  const { report, runs, kinds } = await shrink(story);
  console.log(`\n${nameOf(story)}, its first ${runs} runs, faults: ${kinds.join(', ') || 'none'}`);
  for (const line of report.history) console.log(line);
  for (const { invariant, text } of report.violations) console.log(`${invariant} BROKEN: ${text}`);
  console.log(`again: npm run simulate -- --seed ${seed} --world ${world}`);
  return 1;
}

const nameOf = ({ seed, world }: Story): string => `seed ${seed} of ${world}`;

async function tellSeed(seed: number): Promise<number> {
  const codes: number[] = [];
  for (const world of worlds) codes.push(await tellStory({ seed, world }));
  return Math.max(...codes);
}

function tellCoverage({ seen, summary }: Total): void {
  const rows = [...seen].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [what, times] of rows) console.log(`${String(times).padStart(9)}  ${what}`);
  const never = FAULT_KINDS.filter((kind) => summary.faults[kind] === 0);
  if (never.length > 0) console.log(`never struck: ${never.join(', ')}`);
}

function worldsNamed(name: string | undefined): readonly WorldKind[] {
  const chosen = WORLDS.filter((world) => name === undefined || name === world);
  if (chosen.length > 0) return chosen;
  throw new RangeError(`--world is "${name}"; allowed: ${WORLDS.join(' or ')}`);
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new RangeError(`--${option} is "${text}"; allowed: a whole number above 0`);
}

process.exitCode =
  values.seed === undefined
    ? await simulateSeeds(wholeNumber('seeds', values.seeds))
    : await tellSeed(wholeNumber('seed', values.seed));
