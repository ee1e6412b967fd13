import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { type BegunOptions, tellBegun } from './begun.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { type InputOptions, parseDeadline, readInput } from './input.ts';

interface StartOptions extends RunOptions, InputOptions, BegunOptions {
  readonly idempotencyKey?: string;
  readonly deadline?: string;
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
  const { idempotencyKey, deadline } = options;
  const instant = deadline === undefined ? undefined : parseDeadline(deadline, io.now());
  const client = await connect(options, io);
  const run = await client.startRun({
    workflow,
    input,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(instant && { deadline: instant }),
  });
  await tellBegun(client, run, options, io);
}
