import { readFile } from 'node:fs/promises';
import { runCommand } from '../../localstack/run-command.ts';
import { type Figure, figure, round } from './figure.ts';
import type { SingleStep } from './single-step.ts';

/** As many as the throughput is measured with: what piles up is what is kept, not what waits. */
const ROUND = 200;
/** Caches are full by then; the figure compares with it. */
export const BASE_RUNS = 2_000;

export async function measureMemory(
  step: SingleStep,
  cloudPid: number,
  runs: number,
  report: (what: string) => void,
): Promise<Figure> {
  const samples: number[] = [];
  const began = performance.now();
  for (let done = 0; done < runs; done += ROUND) {
    await step.runMany(ROUND);
    if ((done + ROUND) % BASE_RUNS !== 0) continue;
    samples.push(await residentMiB(cloudPid));
    report(`${done + ROUND} runs, ${samples.at(-1)} MiB`);
  }
  const base = samples[0] ?? Number.NaN;
  return figure({
    name: `memory over ${runs} runs`,
    value: (samples.at(-1) ?? Number.NaN) / base,
    unit: 'times',
    target: { atMost: 1.3 },
    details: {
      residentMiB: samples,
      runs,
      runsPerSecond: round((runs / (performance.now() - began)) * 1000),
    },
    measures: `resident memory of the cloud's process after ${runs} single-step runs, to that after ${BASE_RUNS}; a sample every ${BASE_RUNS} runs`,
    doesNotMeasure:
      "the functions' own processes; what queues, tables and streams are asked to keep",
  });
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => null);
  const kiB = status === null ? await psResident(pid) : status.match(/VmRSS:\s+(\d+) kB/)?.[1];
  return Math.round(Number(kiB) / 102.4) / 10;
}

/** Where there is no /proc. */
const psResident = async (pid: number): Promise<string> =>
  (
    await runCommand('ps', ['-o', 'rss=', '-p', String(pid)], {
      env: { PATH: process.env.PATH },
      timeoutMs: 5_000,
    })
  ).stdout.trim();
