/**
 * The 5,802 homes of `WestRoxbury.csv`, in the words of this project.
 *
 * Boundary: reads the one file beside it and nothing else. README.md says what its columns mean.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface Home {
  /** Place in the file, from 1. */
  readonly id: string;
  /** US dollars. */
  readonly price: number;
  readonly rooms: number;
  readonly bedrooms: number;
  readonly livingSqft: number;
  /** Year; 0 where nobody knows. */
  readonly built: number;
}

/** All of them, in the file's order. */
export function readHomes(): readonly Home[] {
  const text = readFileSync(path.join(import.meta.dirname, 'WestRoxbury.csv'), 'utf8');
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header.split(',').map((name) => name.trim());
  return lines.map((line, i) => homeOf(rowOf(names, line, i + 2), i + 1));
}

type Row = (name: string) => number;

function rowOf(names: readonly string[], line: string, lineNumber: number): Row {
  const values = line.split(',');
  return (name) => {
    const value = Number(values[names.indexOf(name)]);
    if (values.length === names.length && Number.isFinite(value)) return value;
    throw new TypeError(
      `WestRoxbury.csv line ${lineNumber} is ${JSON.stringify(line)}; allowed: ${names.length} values, of which ${name} is a number`,
    );
  };
}

const homeOf = (row: Row, number: number): Home => ({
  id: String(number),
  // The file gives thousands, some of them with three decimals.
  price: Math.round(row('TOTAL VALUE') * 1000),
  rooms: row('ROOMS'),
  bedrooms: row('BEDROOMS'),
  livingSqft: row('LIVING AREA'),
  built: row('YR BUILT'),
});
