import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { readJsonOption } from './input.ts';

const HOW = `Give --patch STEP=JSON, like --patch answer='{"question":"…"}', or --patch STEP=@FILE.`;

/** Collects a repeated `--patch`. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];

/**
 * Inputs by step path, of `step=json` and `step=@file`.
 * @throws CliError (usage)
 */
export async function readPatches(
  texts: readonly string[],
  io: Io,
): Promise<Readonly<Record<string, unknown>>> {
  const patches = await Promise.all(texts.map((text) => readPatch(text, io)));
  const paths = patches.map(([path]) => path);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw usageError(`the step "${twice}" is patched twice`, HOW);
  return Object.fromEntries(patches);
}

async function readPatch(text: string, io: Io): Promise<readonly [string, unknown]> {
  const [, path, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw usageError(`--patch is "${text}"`, HOW);
  }
  return [path, await readJsonOption(value, `--patch ${path}`, io)];
}
