import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';

export interface InputOptions {
  readonly input?: string;
  readonly inputFile?: string;
}

const HOW = `Give --input '{"…": …}', --input-file FILE, or --input-file - for standard input.`;

export const isInputGiven = ({ input, inputFile }: InputOptions): boolean =>
  input !== undefined || inputFile !== undefined;

/**
 * The workflow's input as the caller gave it.
 * @throws CliError (usage) when it is given not once, cannot be read, or is not JSON.
 */
export async function readInput({ input, inputFile }: InputOptions, io: Io): Promise<unknown> {
  if (input !== undefined && inputFile !== undefined) {
    throw usageError('both --input and --input-file are given', HOW);
  }
  if (inputFile !== undefined) return parseInput(await readSource(inputFile, io), inputFile);
  if (input === '-') return parseInput(await io.readStdin(), 'standard input');
  if (input !== undefined) return parseInput(input, '--input');
  throw usageError('the input of the workflow is missing', HOW);
}

async function readSource(file: string, io: Io): Promise<string> {
  if (file === '-') return io.readStdin();
  return readFile(resolve(io.cwd, file), 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`--input-file cannot be read: ${why}`, HOW);
  });
}

/**
 * JSON as an option gives it: the text itself, or `@` and the name of a file that holds it.
 * @param what the option, for messages
 * @throws CliError (usage)
 */
export async function readJsonOption(value: string, what: string, io: Io): Promise<unknown> {
  if (!value.startsWith('@')) return parseInput(value, what);
  const file = value.slice(1);
  const content = await readFile(resolve(io.cwd, file), 'utf8').catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`${what} cannot be read: ${why}`, 'Give JSON, or @ and the name of a file.');
  });
  return parseInput(content, file);
}

/** @throws CliError (usage) */
function parseInput(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usageError(
      `${source} is not JSON: ${why}`,
      `Check quotes and commas; in a shell, put single quotes around the whole, like '{"text":"…"}'.`,
    );
  }
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/**
 * `--deadline`: an instant (`2026-11-24T13:00:00Z`) or a time from now (`90s`, `5m`, `2h`).
 * @throws CliError (usage)
 */
export function parseDeadline(text: string, nowMs: number): Date {
  const relative = /^(\d{1,6})([smh])$/.exec(text);
  const unit = relative?.[2];
  if (unit === 's' || unit === 'm' || unit === 'h') {
    return new Date(nowMs + Number(relative?.[1]) * UNITS[unit]);
  }
  const instant = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) {
    throw usageError(
      `--deadline is "${text}"`,
      'Give an instant like 2026-11-24T13:00:00Z, or a time from now like 90s, 5m or 2h.',
    );
  }
  return new Date(instant);
}
