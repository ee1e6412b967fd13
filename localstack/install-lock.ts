/**
 * Lets one process install while others wait for it.
 *
 * It only saves work: an installation is built aside and moved into place, so two at once are safe.
 * Therefore a waiter may simply go ahead when the holder died or takes too long.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from './parse-json.ts';
import { isRunning, type ProcessId, ProcessIdSchema, processIdOf } from './process-id.ts';

const POLL_MS = 100;

export async function withInstallLock<T>(
  file: string,
  longestWaitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const mine = await processIdOf(process.pid);
  const until = performance.now() + longestWaitMs;
  while (!(await take(file, mine)) && performance.now() < until) await sleep(POLL_MS);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string, mine: ProcessId | null): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(mine), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  const holder = parseJson(ProcessIdSchema, await readFile(file, 'utf8').catch(() => ''));
  // Empty for a moment while its holder writes it; if it stays so, the wait's bound ends it.
  if (holder !== null && !(await isRunning(holder))) await rm(file, { force: true });
  return false;
}

const isAlreadyThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST';
