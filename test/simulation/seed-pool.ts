/** Seeds over processes: as many at a time as there are processes, each report as it comes. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MACHINES_FILE, synthesizedDefinitions } from './machines.ts';
import type { SeedReport } from './simulate.ts';
import type { WorldKind } from './world.ts';

const SCRIPT = join(import.meta.dirname, 'seed-process.ts');

/** A seed in one of the worlds. */
export interface Story {
  readonly seed: number;
  readonly world: WorldKind;
}

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
 * Simulates every story.
 * @throws RangeError when a process ends before its work
 */
export async function simulateAll(
  stories: Iterable<Story>,
  options: {
    readonly processes: number;
    readonly machinesFile: string;
    readonly report: (report: SeedReport) => void;
  },
): Promise<void> {
  const { processes, machinesFile, report } = options;
  const waiting = stories[Symbol.iterator]();
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
  waiting: Iterator<Story>,
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
