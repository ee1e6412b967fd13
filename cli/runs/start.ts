import type { Command } from 'commander';
import type { RunView } from '#runtime/contracts/api.ts';
import { resultLines } from '../draw/run.ts';
import { EXIT } from '../errors.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { endOf, watchRun } from './follow.ts';
import { type InputOptions, parseDeadline, readInput } from './input.ts';
import { printJson, printLines } from './print.ts';

interface StartOptions extends RunOptions, InputOptions {
  readonly idempotencyKey?: string;
  readonly deadline?: string;
  readonly wait?: boolean;
}

export function addStart(parent: Command, io: Io): void {
  withRunOptions(parent.command('start <workflow>'))
    .description('start a run of a workflow')
    .option('--input <json>', 'the input of the workflow')
    .option('--input-file <file>', 'a file with the input, - for standard input')
    .option('--idempotency-key <key>', 'the same key and input give the same run')
    .option('--deadline <when>', 'when the answer stops being useful: an instant, or 90s, 5m, 2h')
    .option('--wait', 'wait for the end of the run and print its output')
    .action((workflow: string, options: StartOptions) => start(workflow, options, io));
}

async function start(workflow: string, options: StartOptions, io: Io): Promise<void> {
  const input = await readInput(options, io);
  const { idempotencyKey, deadline, json, wait } = options;
  const instant = deadline === undefined ? undefined : parseDeadline(deadline, io.now());
  const client = await connect(options, io);
  const run = await client.startRun({
    workflow,
    input,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(instant && { deadline: instant }),
  });
  if (!wait) {
    if (json) return printJson(io, run);
    return printLines(io, [
      `run ${io.paint('bold', run.id)} ${run.status}`,
      io.paint('dim', `npx signalbox watch ${run.id}`),
    ]);
  }
  const ended = await (json ? endOf(client, run.id) : watchRun(client, run.id, io));
  if (json) printJson(io, ended);
  else
    printLines(io, [
      ...resultLines(ended, io.paint),
      io.paint('dim', `npx signalbox trace ${run.id}`),
    ]);
  setExitCodeOf(ended, io);
}

/** A run that did not succeed makes the command fail. */
export function setExitCodeOf(run: Pick<RunView, 'status'>, io: Io): void {
  if (run.status !== 'succeeded') io.setExitCode(EXIT.failed);
}
