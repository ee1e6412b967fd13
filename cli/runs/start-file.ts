/** `runs start <workflow> --file`: a run of every row of a file. */
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { SignalboxClient } from '#runtime/client/client.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { CountLine } from '../bulk/count-line.ts';
import { count, outcomeLines, problemLines, progressLine } from '../bulk/report.ts';
import { keyByField, keyByPlace, keyProblems } from '../bulk/row-keys.ts';
import { type FileFormat, type InputFile, readRows } from '../bulk/rows.ts';
import { type BulkOutcome, startRows } from '../bulk/start-rows.ts';
import { CliError, EXIT, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { untilInterrupted } from '../local/interrupt.ts';
import { connect, type RunOptions } from './connect.ts';
import { parseDeadline } from './input.ts';
import { printJson, printLines } from './print.ts';

export interface FileFlags {
  readonly file?: string;
  readonly rate?: number;
  readonly key?: string;
  readonly dryRun?: boolean;
}

interface FileOptions extends RunOptions, FileFlags {
  readonly file: string;
  readonly deadline?: string;
}

/** What the API of a stage takes in any case; a workflow's own line may take less, and says so. */
const DEFAULT_PER_SECOND = 10;

/** Checks all rows before it starts any; a row that does not fit ends it there. */
export async function startFile(workflow: string, options: FileOptions, io: Io): Promise<void> {
  const { deadline, rate: perSecond = DEFAULT_PER_SECOND, json, key } = options;
  const until = deadline === undefined ? undefined : () => parseDeadline(deadline, io.now());
  until?.();
  const { text, format } = await readInputFile(options.file, io);
  const client = await connect(options, io);
  const { input: schema } = await client.workflow(workflow);
  const file = withKeyProblems(readRows(text, format, schema), key);
  if (!json) tellUnused(file, io);
  if (file.problems.length > 0) return refuse(file, options, io);
  if (!json) tellPace(file, perSecond, io);
  const outcome = options.dryRun
    ? { started: [], refused: [], left: file.rows.length }
    : await startAll(client, io, {
        workflow,
        rows: file.rows,
        perSecond,
        keyOf: key === undefined ? keyByPlace(text) : keyByField(key),
        deadline: until,
      });
  tellAfter(outcome, { workflow, ...options }, io);
}

async function readInputFile(file: string, io: Io): Promise<{ text: string; format: FileFormat }> {
  const format = FORMATS[extname(file).toLowerCase()];
  if (format === undefined) {
    throw usageError(
      `--file is "${file}"`,
      'Allowed: a table that ends in .csv, with the names of the fields in its first line, or one input as JSON on each line of a file that ends in .jsonl.',
    );
  }
  const text = await readFile(resolve(io.cwd, file), 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`--file cannot be read: ${why}`, 'Check the path.');
  });
  return { text, format };
}

const FORMATS: Readonly<Record<string, FileFormat>> = { '.csv': 'csv', '.jsonl': 'jsonl' };

/** A file whose rows do not fit may not have its key either; that is told once they do. */
const withKeyProblems = (file: InputFile, key: string | undefined): InputFile =>
  key === undefined || file.problems.length > 0
    ? file
    : { ...file, problems: keyProblems(file.rows, key) };

function refuse({ problems }: InputFile, { file, json }: FileOptions, io: Io): void {
  if (json) printJson(io, { started: [], refused: problems });
  else printLines(io, problemLines(problems, io));
  throw new CliError(
    'ROWS_INVALID',
    `${count(problems.length, 'row')} of ${file} cannot be started; nothing was started`,
    { next: 'Correct the lines that are named, and send the file again.' },
  );
}

function tellUnused({ unusedColumns }: InputFile, io: Io): void {
  if (unusedColumns.length === 0) return;
  io.err(`left out, as the input has no such field: ${unusedColumns.join(', ')}\n`);
}

function tellPace({ rows }: InputFile, perSecond: number, io: Io): void {
  const takes = durationText((rows.length / perSecond) * 1000);
  io.err(
    `${count(rows.length, 'row')} fit; at most ${perSecond} a second they take ${takes} or more\n`,
  );
}

/** Ctrl-C ends it in order: what was sent is told, and the same command goes on. */
async function startAll(
  client: SignalboxClient,
  io: Io,
  bulk: Omit<Parameters<typeof startRows>[1], 'signal' | 'onProgress'>,
): Promise<BulkOutcome> {
  const interrupt = untilInterrupted();
  const line = new CountLine(io);
  try {
    return await startRows(client, {
      ...bulk,
      signal: interrupt.signal,
      onProgress: (progress) => line.show(progressLine(progress)),
    });
  } finally {
    line.end();
    interrupt.end();
  }
}

function tellAfter(
  outcome: BulkOutcome,
  { workflow, file, json, dryRun }: FileOptions & { readonly workflow: string },
  io: Io,
): void {
  const { error, ...counts } = outcome;
  if (json) printJson(io, counts);
  else if (dryRun) printLines(io, ['nothing was started: --dry-run']);
  else printLines(io, outcomeLines(outcome, workflow, io));
  if (outcome.refused.length > 0) io.setExitCode(EXIT.failed);
  if (outcome.left === 0 || dryRun) return;
  const next = `The same command goes on with ${file}: what was started is not started twice.`;
  io.setExitCode(EXIT.failed);
  if (error === undefined) io.err(`${next}\n`);
  else {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError('BULK_ENDED', `it ended before all rows were started: ${why}`, {
      next,
      cause: error,
    });
  }
}
