/**
 * Finds the processes that serve a function in the embedded cloud, so that one can be killed.
 *
 * Invariant
 * K1. Only descendants of the given cloud process are ever named: nobody else's worker is killed.
 */
import { readdir, readFile } from 'node:fs/promises';
import { runCommand } from '../../localstack/run-command.ts';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** The workers of a function among the descendants of the cloud (K1). */
export function workersOf(
  processes: readonly ProcessEntry[],
  cloudPid: number,
  functionName: string,
): number[] {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const descendants = (pid: number): ProcessEntry[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...descendants(child.pid)]);
  // The embedded cloud unpacks a function into a folder with its name, and starts its worker there.
  return descendants(cloudPid)
    .filter(({ command }) => command.includes(`ministack-lambda-${functionName}-`))
    .map(({ pid }) => pid);
}

/** Every process of this machine; of `/proc` on Linux, where small images lack `ps`. */
export const listProcesses = (): Promise<ProcessEntry[]> =>
  process.platform === 'linux' ? linuxProcesses() : posixProcesses();

async function linuxProcesses(): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => null);
      const [stat, command] = await Promise.all([read('stat'), read('cmdline')]);
      // It may have ended in between.
      if (stat === null || command === null) return null;
      // `pid (name) state parent …`; the name may contain anything.
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      return { pid: Number(pid), parent: Number(parent), command: command.replaceAll('\0', ' ') };
    }),
  );
  return entries.filter((entry) => entry !== null);
}

async function posixProcesses(): Promise<ProcessEntry[]> {
  const { stdout } = await runCommand('ps', ['-axww', '-o', 'pid=,ppid=,command='], {
    env: { PATH: process.env.PATH },
    timeoutMs: 5_000,
  });
  return parsePs(stdout);
}

export const parsePs = (text: string): ProcessEntry[] =>
  text.split('\n').flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
