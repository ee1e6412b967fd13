/**
 * Idempotency keys of rows: the same row gives the same key whenever it is sent, so a file that was
 * started in part is started to its end by starting it again.
 *
 * Boundary: pure.
 */
import { createHash } from 'node:crypto';
import type { InputRow, RowProblem } from './rows.ts';

/** Row to key; keyed by the place in this very file, or by what a field of the input says. */
export type RowKey = (row: InputRow) => string;

/** @param text the whole file: one that was changed is another file, all of whose rows are new */
export function keyByPlace(text: string): RowKey {
  const file = hash(text);
  return ({ line }) => `file-${file}-${line}`;
}

/** Stays the same when the file is sorted or gets more rows. */
export const keyByField =
  (field: string): RowKey =>
  ({ input }) =>
    `field-${hash(JSON.stringify([field, fieldOf(input, field)]))}`;

/** Rows that the field does not tell apart: only one of them would be started. */
export function keyProblems(rows: readonly InputRow[], field: string): readonly RowProblem[] {
  const first = new Map<string, number>();
  return rows.flatMap(({ line, input }) => {
    const value = fieldOf(input, field);
    if (value === undefined) return [{ line, problem: `${field}: missing, and it is the key` }];
    const text = JSON.stringify(value);
    const before = first.get(text);
    if (before === undefined) first.set(text, line);
    return before === undefined
      ? []
      : [{ line, problem: `${field}: ${text} is in line ${before}, too, and it is the key` }];
  });
}

const fieldOf = (input: unknown, field: string): unknown =>
  typeof input === 'object' && input !== null && Object.hasOwn(input, field)
    ? (input as Readonly<Record<string, unknown>>)[field]
    : undefined;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40);
