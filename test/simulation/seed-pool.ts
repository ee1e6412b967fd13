/** Seeds over processes: as many at a time as there are processes, each report as it comes. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MACHINES_FILE, synthesizedDefinitions } from './machines.ts';
import type { SeedReport } from './simulate.ts';

const SCRIPT = join(import.meta.dirname, 'seed-process.ts');

/** Synthesises once; gives the file to hand to processes. */
export async function withMachinesFile<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-simulation-'));
  const file = join(folder, 'machines.json');
  try {
    writeFileSync(file, JSON.stringify(await synthesizedDefinitions()));
    return await work(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Simulates every seed.
 * @throws RangeError when a process ends before its work
 */
export async function simulateAll(
  seeds: Iterable<number>,
  options: {
    readonly processes: number;
    readonly machinesFile: string;
    readonly report: (report: SeedReport) => void;
  },
): Promise<void> {
  const { processes, machinesFile, report } = options;
  const waiting = seeds[Symbol.iterator]();
  const env = { ...process.env, [MACHINES_FILE]: machinesFile };
  const workers = Array.from({ length: processes }, () => fork(SCRIPT, { env }));
  try {
    await Promise.all(workers.map((worker) => workOff(worker, waiting, report)));
  } finally {
    for (const worker of workers) worker.kill();
  }
}

function workOff(
  worker: ChildProcess,
  waiting: Iterator<number>,
  report: (report: SeedReport) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  worker.on('message', (message: 'ready' | SeedReport) => {
    if (message !== 'ready') report(message);
    const next = waiting.next();
    if (next.done) resolve();
    else worker.send(next.value);
  });
  worker.on('error', reject);
  worker.on('exit', (code, signal) =>
    reject(new RangeError(`a simulating process ended early: ${signal ?? `code ${code}`}`)),
  );
  return promise;
}
