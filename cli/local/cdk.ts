import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod/mini';
import { nodeFolder } from '../../localstack/node-folder.ts';
import { parseJson } from '../../localstack/parse-json.ts';
import type { Report } from '../../localstack/report.ts';
import { cdkFailed, interrupted, noProject } from './local-errors.ts';

const LINES_SHOWN = 25;

export interface CdkCommand {
  /** Absolute path of the folder with `cdk.json`. */
  readonly project: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs the project's own `cdk` quietly: what it deploys is reported, everything goes to the log.
 * @throws CliError with the end of the output
 */
export async function runCdk(
  command: CdkCommand & {
    readonly logFile: string;
    readonly report: Report;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { args, logFile, report, signal } = command;
  await mkdir(dirname(logFile), { recursive: true });
  const child = spawnCdk(command, 'pipe');
  const stop = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', stop);
  const lines = collectLines(child, logFile, report);
  const code = await exitOf(child);
  signal?.removeEventListener('abort', stop);
  if (signal?.aborted) throw interrupted();
  if (code !== 0) {
    throw cdkFailed(args[0] ?? '', lines.slice(-LINES_SHOWN).join('\n'), logFile);
  }
}

/** Runs the project's own `cdk` in this terminal, which may ask questions. The answer is its exit code. */
export const runCdkInTerminal = (command: CdkCommand): Promise<number | null> =>
  exitOf(spawnCdk(command, ['inherit', process.stderr, 'inherit']));

function spawnCdk(
  { project, args, environment }: CdkCommand,
  stdio: 'pipe' | ['inherit', NodeJS.WriteStream, 'inherit'],
): ChildProcess {
  if (!existsSync(join(project, 'cdk.json'))) throw noProject(project);
  const node = nodeFolder();
  const cdk = createRequire(join(project, 'package.json')).resolve('aws-cdk/bin/cdk');
  return spawn(join(node, 'node'), [cdk, ...args], {
    cwd: project,
    env: {
      ...environment,
      // The app's own `npx node` must find a Node that runs TypeScript.
      PATH: [node, environment.PATH].join(delimiter),
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: 'true',
    },
    stdio,
  });
}

function collectLines(child: ChildProcess, logFile: string, report: Report): readonly string[] {
  const log = createWriteStream(logFile);
  child.once('close', () => log.end());
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      log.write(`${line}\n`);
      const progress = progressOf(line);
      if (progress !== null) report(progress);
    });
  }
  return lines;
}

/** What a line of cdk's output says about a stack, like `Deploying signalbox-local-data (1 of 5)`. */
export function progressOf(line: string): string | null {
  const [, stack, number, count] = /^(\S+): deploying\.\.\. \[(\d+)\/(\d+)\]/.exec(line) ?? [];
  return stack === undefined ? null : `Deploying ${stack} (${number} of ${count})`;
}

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });

const OutputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** All outputs of all stacks by their name, from the file that `cdk deploy --outputs-file` writes. */
export async function readOutputs(file: string): Promise<Readonly<Record<string, string>>> {
  const stacks = parseJson(OutputsSchema, await readFile(file, 'utf8').catch(() => ''));
  return Object.assign({}, ...Object.values(stacks ?? {}));
}
