/**
 * `npm run bench:cloud -- [--json FILE] [--runs N] [--fidelity stock]`: what the embedded cloud takes.
 *
 * Figures of this cloud on this machine, to be compared within one run of the bench only; they say
 * nothing of AWS.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type RunningCloud, startCloud } from '../localstack/cloud.ts';
import { type Figure, sentence } from './cloud/figure.ts';
import { BASE_RUNS, measureMemory } from './cloud/measure-memory.ts';
import { measureReady } from './cloud/measure-ready.ts';
import { measureOneRun, measureThroughput } from './cloud/measure-runs.ts';
import { deploySingleStep } from './cloud/single-step.ts';

const PROJECT = resolve(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    runs: { type: 'string', default: '20000' },
    fidelity: { type: 'string', default: 'patched' },
  },
});
const runs = Number(values.runs);
if (!(runs >= BASE_RUNS && runs % BASE_RUNS === 0)) {
  throw new RangeError(`--runs is ${values.runs}; it may be a multiple of ${BASE_RUNS}`);
}
const { fidelity } = values;
if (fidelity !== 'patched' && fidelity !== 'stock') {
  throw new RangeError(`--fidelity is "${fidelity}"; it may be patched or stock`);
}
const report = (what: string): void => console.error(what);

const start = (): Promise<RunningCloud> =>
  startCloud({
    cacheFolder: resolve(PROJECT, '.signalbox'),
    stateFolder: null,
    report: () => undefined,
    fidelity,
    environment: { ...process.env, AWS_ENDPOINT_URL: undefined },
  });

async function measureAll(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const add = (figure: Figure): void => {
    figures.push(figure);
    report(sentence(figure));
  };
  add(await measureReady(start));
  const cloud = await start();
  const step = await deploySingleStep(cloud.endpoint);
  try {
    add(await measureThroughput(step));
    add(await measureOneRun(step));
    const pid = cloud.service?.record.process.pid ?? 0;
    add(await measureMemory(step, pid, runs, report));
  } finally {
    step.close();
    await cloud.stop();
  }
  return figures;
}

const requirements = await readFile(resolve(PROJECT, 'localstack/requirements.in'), 'utf8');
const product = requirements.trim();
report(`embedded cloud, ${product}, ${fidelity}; ${availableParallelism()} cores`);
const figures = await measureAll();
const document = {
  cloud: { name: 'embedded', product, fidelity },
  machine: { cores: availableParallelism(), node: process.version, platform: process.platform },
  figures,
};
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify(document, null, 2)}\n`);
}
process.exitCode = figures.every(({ isMet }) => isMet) ? 0 : 1;
