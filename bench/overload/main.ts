/**
 * `npm run bench:overload -- [--full] [--scenario NAME]… [--cost] [--rate L] [--seed N] [--json FILE] [--chart FILE] [--recording FILE]`: a spike of
 * six times the usual load on the real local cloud, through the naive pipeline and the governed one.
 * `--simulate [--seeds N] [--only WORDS]` runs the same policies on virtual time. Exits 1 when a bar is missed.
 *
 * L is the usual load, 1 request a second unless `--rate` says less: a run of lead qualification takes about
 * half a second of a core on the local cloud, so a machine of two cores has to be idle for 1.
 *
 * `--recording FILE` keeps what the governed pipeline's clients, its provider and its fleet view showed.
 *
 * Figures of this cloud on this machine: they compare naive with governed, and say nothing of AWS.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { processIo } from '../../cli/io.ts';
import { untilInterrupted } from '../../cli/local/interrupt.ts';
import { overloadChart } from './chart/overload-chart.ts';
import { measureCost } from './cost/measure-cost.ts';
import { measureCostAside } from './cost/measure-cost-aside.ts';
import { bars, type CallsPerStep, document, drawn } from './report.ts';
import { runScenarios } from './run.ts';
import { lengthOf, SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts';
import type { Recording } from './story.ts';
import type { Told } from './told.ts';

const CHART = resolve(import.meta.dirname, '../../docs/overload.svg');
const SPIKE_SECONDS = { usual: 60, full: 300 };
const TELL_EVERY_SECONDS = 10;

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    scenario: { type: 'string', multiple: true },
    cost: { type: 'boolean', default: false },
    outage: { type: 'string', default: '503' },
    rate: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    chart: { type: 'string', default: CHART },
    recording: { type: 'string' },
    simulate: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});

const io = processIo();
const tell = (what: string): void => io.err(`${what}\n`);
if (values.simulate) await simulate();
else process.exit((await spike()) ? 0 : 1);

async function simulate(): Promise<void> {
  const { simulateOverload } = await import('./simulate/main.ts');
  const { seeds, only, json } = values;
  await simulateOverload({
    ...{ seeds: Number(seeds), report: tell },
    ...(only !== undefined && { only }),
    ...(json !== undefined && { json }),
  });
}

/** @returns whether every bar is met */
async function spike(): Promise<boolean> {
  const spikeSeconds = values.full ? SPIKE_SECONDS.full : SPIKE_SECONDS.usual;
  const { signal } = untilInterrupted();
  const isCounted = values.scenario === undefined || values.cost;
  let calls: CallsPerStep | null = null;
  const told = await runScenarios({
    scenarios: chosen(values.scenario ?? (values.cost ? [] : undefined)),
    scale: { quietPerSecond: Number(values.rate), spikeSeconds, outage: outageOf(values.outage) },
    order: 'in-turn',
    ...(isCounted && {
      meanwhile: async () => {
        calls = await measureCostAside({ report: tell, signal });
      },
    }),
    seed: Number(values.seed),
    report: tell,
    onSecond: progress,
    signal,
  });
  if (isCounted) calls ??= await cost(signal);
  for (const line of drawn(told, calls, io)) io.out(`${line}\n`);
  const load = loadavg()[0]?.toFixed(1);
  io.out(`load ${load} on ${availableParallelism()} cores, seed ${values.seed}\n`);
  const json = document(told, calls, spikeSeconds);
  io.out(`${JSON.stringify(json)}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(json, null, 2)}\n`);
  await drawChart(told);
  if (values.recording !== undefined) await writeFile(values.recording, recorded(told));
  return bars(told, calls).every(({ isMet }) => isMet);
}

/** Of each scenario: its turns, and what was seen. */
function recorded(told: readonly Told[]): string {
  return `${JSON.stringify(told.map(({ scenario, seen }) => ({ scenario, ...seen })))}\n`;
}

/** With what it is made of. */
async function cost(signal: AbortSignal): Promise<CallsPerStep> {
  tell('Counting the calls of a step');
  const { noop, model } = await measureCost({ report: tell, signal });
  for (const [name, { byOperation }] of Object.entries({ noop, model })) {
    tell(`${name}: ${JSON.stringify(byOperation)}`);
  }
  return { noop: noop.perStep, model: model.perStep };
}

async function drawChart(told: readonly Told[]): Promise<void> {
  const spike = told.find(({ scenario }) => scenario.name === 'spike');
  if (!spike?.naive) return;
  const { scenario, naive, governed } = spike;
  const { capacityPerSecond } = scenario;
  const sides = { naive: naive.moments, governed: governed.moments };
  await writeFile(values.chart, overloadChart({ phases: scenario, capacityPerSecond, ...sides }));
  tell(`the chart is in ${values.chart}`);
}

function chosen(names: readonly string[] | undefined): readonly ScenarioName[] {
  if (names === undefined) return SCENARIOS;
  return names.map((name) => {
    const found = SCENARIOS.find((known) => known === name);
    if (found) return found;
    throw new RangeError(`--scenario is "${name}"; it may be ${SCENARIOS.join(', ')}`);
  });
}

function outageOf(kind: string): '503' | 'hang' {
  if (kind === '503' || kind === 'hang') return kind;
  throw new RangeError(`--outage is "${kind}"; it may be 503 or hang`);
}

function progress(scenario: Scenario, second: number, recordings: readonly Recording[]): void {
  if (Math.round(second) % TELL_EVERY_SECONDS !== 0) return;
  const sides = recordings.map(({ name, requests, calls }) => {
    const count = (end: string): number => requests.filter((request) => request.end === end).length;
    return `${name} ${count('answered')} answered, ${count('open')} open, ${count('rejected')} sent away, ${count('expired') + count('failed')} lost, ${calls.at(-1)?.requests ?? 0} calls`;
  });
  tell(`${scenario.name} ${second.toFixed(0)}/${lengthOf(scenario)} s: ${sides.join('; ')}`);
}
