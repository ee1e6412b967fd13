/**
 * A file of inputs: which rows there are, and what is wrong with them.
 *
 * Boundary: pure; text and a schema in, inputs and problems out.
 * Invariant B1: everything that is wrong with the file is told at once, line by line.
 */
import * as z from 'zod';
import { cellValue } from './cell-value.ts';
import { CsvError, parseCsv } from './csv.ts';

export type FileFormat = 'csv' | 'jsonl';

/** One input, and the line of the file that it begins in, from 1. */
export interface InputRow {
  readonly line: number;
  readonly input: unknown;
}

export interface RowProblem {
  readonly line: number;
  readonly problem: string;
}

export interface InputFile {
  readonly rows: readonly InputRow[];
  /** At most one of a line, in their order; without any, every row may be started. */
  readonly problems: readonly RowProblem[];
  /** Columns of a table that the input has no field for: they are left out. */
  readonly unusedColumns: readonly string[];
}

type JsonSchema = Readonly<Record<string, unknown>>;

/** @param schema of the workflow's input */
export function readRows(text: string, format: FileFormat, schema: JsonSchema): InputFile {
  const withoutMark = text.replace(/^\ufeff/, '');
  const file = format === 'csv' ? readTable(withoutMark, schema) : readLines(withoutMark);
  const check = z.fromJSONSchema(schema);
  const problems = [
    ...file.problems,
    ...file.rows.flatMap(({ line, input }) => misfits(check, input, line)),
  ];
  return { ...file, problems: problems.toSorted((a, b) => a.line - b.line) };
}

/** All of a row's in one. */
function misfits(check: z.ZodType, input: unknown, line: number): readonly RowProblem[] {
  const issues = check.safeParse(input).error?.issues ?? [];
  if (issues.length === 0) return [];
  const problem = issues
    .map(({ path, message }) => `${path.length === 0 ? 'the input' : path.join('.')}: ${message}`)
    .join('; ');
  return [{ line, problem }];
}

function readTable(text: string, schema: JsonSchema): InputFile {
  const records = recordsOf(text);
  if ('problem' in records) return { rows: [], problems: [records], unusedColumns: [] };
  const [header, ...lines] = records;
  const columns = header?.cells ?? [];
  const double = columns.find((name, i) => name === '' || columns.indexOf(name) !== i);
  if (header !== undefined && double !== undefined) {
    const problem = `the column ${JSON.stringify(double)} is there twice, or has no name`;
    return { rows: [], problems: [{ line: header.line, problem }], unusedColumns: [] };
  }
  const fields = fieldsOf(schema);
  const isWhole = ({ cells }: { readonly cells: readonly string[] }): boolean =>
    cells.length === columns.length;
  return {
    rows: lines.filter(isWhole).map(({ line, cells }) => ({
      line,
      input: Object.fromEntries(
        columns.flatMap((name, i) => {
          const cell = cells[i] ?? '';
          // A table has no other way to leave a field out.
          return cell === '' || !Object.hasOwn(fields, name)
            ? []
            : [[name, cellValue(cell, fields[name])]];
        }),
      ),
    })),
    problems: lines
      .filter((record) => !isWhole(record))
      .map(({ line, cells }) => ({
        line,
        problem: `there are ${cells.length} cells under ${columns.length} columns`,
      })),
    unusedColumns: columns.filter((name) => !Object.hasOwn(fields, name)),
  };
}

function recordsOf(text: string) {
  try {
    return parseCsv(text);
  } catch (error) {
    if (error instanceof CsvError) return { line: error.line, problem: error.message };
    throw error;
  }
}

const fieldsOf = ({ properties }: JsonSchema): JsonSchema =>
  typeof properties === 'object' && properties !== null ? { ...properties } : {};

function readLines(text: string): InputFile {
  const read = text
    .split('\n')
    .map((json, i) => ({ line: i + 1, json: json.trim() }))
    .filter(({ json }) => json !== '')
    .map(({ line, json }) => lineOf(line, json));
  return {
    rows: read.filter((one) => 'input' in one),
    problems: read.filter((one) => 'problem' in one),
    unusedColumns: [],
  };
}

function lineOf(line: number, json: string): InputRow | RowProblem {
  try {
    return { line, input: JSON.parse(json) };
  } catch (error) {
    return { line, problem: `it is not JSON: ${error instanceof Error ? error.message : error}` };
  }
}
