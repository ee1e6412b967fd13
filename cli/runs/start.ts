import { type Command, InvalidArgumentError } from 'commander';
import type { Overload } from '#runtime/contracts/api.ts';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { type BegunOptions, tellBegun } from './begun.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { type InputOptions, parseDeadline, readInput } from './input.ts';
import type { FileFlags } from './start-file.ts';

interface StartOptions extends RunOptions, InputOptions, BegunOptions, FileFlags {
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
    .option('--file <file>', 'a .csv or .jsonl file: starts a run of every row')
    .option('--rate <number>', 'with --file: most starts per second', rateOf)
    .option('--key <field>', 'with --file: the field that tells rows apart, not their place')
    .option('--dry-run', 'with --file: check the rows and start nothing')
    .action((workflow: string, options: StartOptions) => start(workflow, options, io));
}

async function start(workflow: string, options: StartOptions, io: Io): Promise<void> {
  if (options.file !== undefined) {
    refuseBeside(options);
    // Loaded at use: what checks rows takes longer than most commands.
    const { startFile } = await import('./start-file.ts');
    return startFile(workflow, { ...options, file: options.file }, io);
  }
  refuseWithoutFile(options);
  const input = await readInput(options, io);
  const { idempotencyKey, deadline } = options;
  const instant = deadline === undefined ? undefined : parseDeadline(deadline, io.now());
  const client = await connect(options, io);
  const run = await client.startRun({
    workflow,
    input,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(instant && { deadline: instant }),
    onFull: (overload) => io.err(`${fullLine(overload)}\n`),
  });
  await tellBegun(client, run, options, io);
}

const fullLine = ({ stage, retryAfterSeconds }: Overload): string =>
  `the line is full at ${stage}: coming back in ${retryAfterSeconds} s`;

/** @throws CliError (usage) for what is said of one run, while a file starts many. */
function refuseBeside({ input, inputFile, idempotencyKey, wait }: StartOptions): void {
  const given = firstGiven({
    '--input': input,
    '--input-file': inputFile,
    '--idempotency-key': idempotencyKey,
    '--wait': wait,
  });
  if (given === undefined) return;
  throw usageError(
    `${given} is given beside --file`,
    'A file starts many runs; what is said of one cannot be said of all.',
  );
}

/** @throws CliError (usage): whoever asked for a dry run must not start a run. */
function refuseWithoutFile({ rate, key, dryRun }: StartOptions): void {
  const given = firstGiven({ '--rate': rate, '--key': key, '--dry-run': dryRun });
  if (given === undefined) return;
  throw usageError(`${given} is given without --file`, 'Name a .csv or .jsonl file with --file.');
}

const firstGiven = (options: Readonly<Record<string, unknown>>): string | undefined =>
  Object.keys(options).find((name) => options[name] !== undefined);

const FASTEST = 1000;

function rateOf(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= FASTEST)) {
    throw new InvalidArgumentError(`Allowed: a number above 0, at most ${FASTEST}.`);
  }
  return value;
}
