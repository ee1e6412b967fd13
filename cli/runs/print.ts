import type { Io } from '../io.ts';

export const printLines = (io: Io, lines: readonly string[]): void =>
  io.out(lines.map((line) => `${line}\n`).join(''));

/** One JSON document: indented for people at a terminal, one line for machines. */
export const printJson = (io: Io, value: unknown): void =>
  io.out(`${JSON.stringify(value, null, io.isTerminal ? 2 : undefined)}\n`);

/** One record of JSON lines. */
export const printJsonLine = (io: Io, value: unknown): void => io.out(`${JSON.stringify(value)}\n`);
