/**
 * A process, told apart from a later one with the same number.
 *
 * Invariant
 * I1. No signal is ever sent to a number alone: the start mark is compared first.
 */
import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { runCommand } from './run-command.ts';

export const ProcessIdSchema = z.object({
  pid: z.int().check(z.positive()),
  /** When it started, as the system spells it; only compared, never read. */
  started: z.string(),
});
export type ProcessId = z.infer<typeof ProcessIdSchema>;

/** The process that has this number now; `null` if none has, or only a corpse. */
export async function processIdOf(pid: number): Promise<ProcessId | null> {
  const started = process.platform === 'linux' ? await linuxStart(pid) : await posixStart(pid);
  return started === null ? null : { pid, started };
}

export const isRunning = async ({ pid, started }: ProcessId): Promise<boolean> =>
  (await processIdOf(pid))?.started === started;

/** Not `ps`: small Linux images lack it. */
async function linuxStart(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null ? null : parseLinuxStat(stat);
}

/** The start in clock ticks since boot; `null` for a zombie. The command may contain anything. */
export function parseLinuxStat(stat: string): string | null {
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return null;
  return rest[18] ?? null;
}

async function posixStart(pid: number): Promise<string | null> {
  const { code, stdout } = await runCommand('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    timeoutMs: 5_000,
  });
  const text = stdout.trim();
  if (code !== 0 || text === '' || text.startsWith('Z')) return null;
  return text.replace(/^\S+\s+/, '');
}
