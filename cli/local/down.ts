import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessId } from '../../localstack/process-id.ts';
import { stopOrphans, stopService } from '../../localstack/service-process.ts';
import { cacheFolderOf, readLocalState, removeLocalState } from './local-state.ts';

const KEEPER_TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/**
 * Stops what `up` started, wherever it was started from, and what a killed `up` left behind.
 * @returns the names of what was stopped; an external cloud goes on.
 */
export async function down(project: string): Promise<readonly string[]> {
  const state = await readLocalState(project);
  const services = state?.services ?? [];
  const running = await Promise.all(services.map(({ process }) => isRunning(process)));
  // A foreground `up` would take the end of its parts for a failure: it is asked to stop them itself.
  if (state?.keeper && (await isRunning(state.keeper))) await askToEnd(state.keeper);
  await Promise.all(services.map(stopService));
  await removeLocalState(project);
  await stopOrphans(cacheFolderOf(project));
  return services.filter((_, i) => running[i]).map(({ name }) => name);
}

async function askToEnd(keeper: ProcessId): Promise<void> {
  process.kill(keeper.pid, 'SIGTERM');
  const until = performance.now() + KEEPER_TIMEOUT_MS;
  while ((await isRunning(keeper)) && performance.now() < until) await sleep(POLL_MS);
}
