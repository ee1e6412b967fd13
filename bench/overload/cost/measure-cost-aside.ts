import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod/mini';
import type { Report } from '../../../localstack/report.ts';
import type { CallsPerStep } from '../report.ts';

const MAIN = resolve(import.meta.dirname, '../main.ts');
const DocumentSchema = z.object({ calls: z.object({ noop: z.number(), model: z.number() }) });

/**
 * Counts the calls of a step in a process of its own that yields to all others, with its cloud and its
 * functions: calls are counted, not timed, so it may take what a story beside it leaves.
 * @returns `null` when it was interrupted
 * @throws Error when it ends without its figures
 */
export async function measureCostAside({
  report,
  signal,
}: {
  readonly report: Report;
  readonly signal: AbortSignal;
}): Promise<CallsPerStep | null> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-cost-'));
  const file = join(folder, 'cost.json');
  const child = spawn(process.execPath, [MAIN, '--cost', '--json', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  // It stops its cloud by itself then.
  const interrupt = (): boolean => child.kill('SIGINT');
  signal.addEventListener('abort', interrupt);
  createInterface(child.stderr).on('line', (line) => report(`  cost: ${line}`));
  try {
    await once(child, 'close');
    if (signal.aborted) return null;
    const { calls } = DocumentSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return calls;
  } finally {
    signal.removeEventListener('abort', interrupt);
    await rm(folder, { recursive: true, force: true });
  }
}
