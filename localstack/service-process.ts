/**
 * Processes of the local stack: started with a clean environment, found again, stopped for sure.
 *
 * Job: one folder per process under `<cache>/run/` with its record, its log and its scratch space.
 * Boundary: knows nothing of what a process serves; POSIX only (process groups).
 *
 * Invariants
 * L1. A process belongs to its starter until it is released; whatever outlives its owner unreleased
 *     is stopped by the next start in the same cache folder (`stopOrphans`).
 * L2. Stopping ends the whole process group, workers included, within the grace time.
 * L3. Only processes that are still the recorded ones are signalled (I1).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { ServiceStartError } from './errors.ts';
import { parseJson } from './parse-json.ts';
import { isRunning, ProcessIdSchema, processIdOf } from './process-id.ts';

const POLL_MS = 20;
const GRACE_MS = 10_000;
const LOG_TAIL_CHARACTERS = 2_000;

export const ServiceRecordSchema = z.object({
  /** Role, like `cloud`. */
  name: z.string(),
  process: ProcessIdSchema,
  /** Who stops it; `null` once it was released to outlive its starter. */
  owner: z.nullable(ProcessIdSchema),
  /** Absolute path. */
  folder: z.string(),
});
export type ServiceRecord = z.infer<typeof ServiceRecordSchema>;

export interface ServiceProcess {
  readonly record: ServiceRecord;
  readonly hasExited: () => boolean;
  /** All that it has printed so far. */
  log(): Promise<string>;
  stop(): Promise<void>;
  /** From now on it outlives this process; the answer is the record to stop it by. */
  release(): Promise<ServiceRecord>;
}

export interface ServiceCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment, given the process's own scratch folder. */
  readonly environment: (scratch: string) => Readonly<Record<string, string>>;
  readonly cacheFolder: string;
}

/** @throws ServiceStartError when the command cannot be started at all. */
export async function startService(service: ServiceCommand): Promise<ServiceProcess> {
  const { name, cacheFolder } = service;
  const runFolder = join(cacheFolder, 'run');
  await mkdir(runFolder, { recursive: true });
  const folder = await mkdtemp(join(runFolder, `${name}-`));
  const scratch = join(folder, 'scratch');
  await mkdir(scratch);
  // CommonJS unpacked there must not be read as the project around it is.
  await writeFile(join(scratch, 'package.json'), '{"type":"commonjs"}');
  try {
    const child = await spawnDetached(service, folder, scratch);
    const id = child.pid === undefined ? null : await processIdOf(child.pid);
    if (id === null) throw new ServiceStartError(name, 'ended at once', await tailOf(folder));
    const owner = await processIdOf(process.pid);
    return await serviceOf(child, { name, process: id, owner, folder });
  } catch (error) {
    await removeFolder({ name, folder });
    throw error;
  }
}

async function spawnDetached(
  { name, command, args, environment }: ServiceCommand,
  folder: string,
  scratch: string,
): Promise<ChildProcess> {
  const log = await open(join(folder, 'log'), 'a');
  try {
    // A group of its own: a Ctrl-C in the terminal reaches us alone, and we stop it in good order.
    const child = spawn(command, args, {
      cwd: folder,
      env: environment(scratch),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new ServiceStartError(name, `cannot be started: ${error.message}`, '')),
      );
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

async function serviceOf(child: ChildProcess, record: ServiceRecord): Promise<ServiceProcess> {
  await writeRecord(record);
  // The last resort, for an exit that bypasses `stop`.
  const killAtExit = (): void => void signalGroup(record.process.pid, 'SIGKILL');
  process.once('exit', killAtExit);
  child.once('exit', () => process.removeListener('exit', killAtExit));
  return {
    record,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    log: () => readFile(join(record.folder, 'log'), 'utf8'),
    stop: () => stopService(record),
    release: async () => {
      process.removeListener('exit', killAtExit);
      const released = { ...record, owner: null };
      await writeRecord(released);
      return released;
    },
  };
}

const writeRecord = (record: ServiceRecord): Promise<void> =>
  writeFile(join(record.folder, 'record.json'), JSON.stringify(record));

/** Stops the recorded process, by force after the grace time, and keeps its log. */
export async function stopService(record: ServiceRecord): Promise<void> {
  const { pid } = record.process;
  if (await isRunning(record.process)) {
    process.kill(pid, 'SIGTERM');
    const until = performance.now() + GRACE_MS;
    while ((await isRunning(record.process)) && performance.now() < until) await sleep(POLL_MS);
    signalGroup(pid, 'SIGKILL');
    while (await isRunning(record.process)) await sleep(POLL_MS);
  }
  await removeFolder(record);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

async function removeFolder({ name, folder }: Pick<ServiceRecord, 'name' | 'folder'>) {
  const logs = join(folder, '..', '..', 'logs');
  await mkdir(logs, { recursive: true });
  await rename(join(folder, 'log'), join(logs, `${name}.log`)).catch(() => undefined);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Stops what was left behind by starters that were killed, and tidies up after what died alone (L1). */
export async function stopOrphans(cacheFolder: string): Promise<void> {
  const runFolder = join(cacheFolder, 'run');
  const names = await readdir(runFolder).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      // Without a record it is just being started.
      const record = await readRecord(join(runFolder, name));
      if (record !== null && (await isOrphan(record))) await stopService(record);
    }),
  );
}

async function isOrphan({ process, owner }: ServiceRecord): Promise<boolean> {
  if (!(await isRunning(process))) return true;
  return owner !== null && !(await isRunning(owner));
}

const readRecord = async (folder: string): Promise<ServiceRecord | null> =>
  parseJson(
    ServiceRecordSchema,
    await readFile(join(folder, 'record.json'), 'utf8').catch(() => ''),
  );

/**
 * Waits until `probe` answers something; stops the service when it does not.
 * @throws ServiceStartError with the end of the log when the service ended or was not ready in time.
 */
export async function untilReady<T>(
  service: ServiceProcess,
  probe: () => Promise<T | null>,
  timeoutMs: number,
): Promise<T> {
  const { name, folder } = service.record;
  const until = performance.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== null) return answer;
    const isLate = performance.now() > until;
    if (service.hasExited() || isLate) {
      const log = await tailOf(folder);
      await service.stop();
      const what = isLate ? `was not ready after ${timeoutMs / 1000} s` : 'ended while it started';
      throw new ServiceStartError(name, what, log);
    }
    await sleep(POLL_MS);
  }
}

const tailOf = async (folder: string): Promise<string> =>
  (await readFile(join(folder, 'log'), 'utf8').catch(() => '')).slice(-LOG_TAIL_CHARACTERS);
