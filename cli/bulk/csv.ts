/** Comma-separated values as RFC 4180 has them. Pure. */

/** One record and the line of the file that it begins in, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The text from this line on cannot be read as cells. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
  readonly line: number;
  constructor(line: number) {
    super(`line ${line} has a quote inside a cell, or one that is never closed`);
    this.line = line;
  }
}

const CELL = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y;

/**
 * All records, without empty lines.
 * @throws CsvError
 */
export function parseCsv(text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let [line, began] = [1, 1];
  for (let at = 0; at < text.length || cells.length > 0; ) {
    CELL.lastIndex = at;
    const [whole, raw = '', end] = CELL.exec(text) ?? [];
    if (whole === undefined) throw new CsvError(line);
    cells.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    at += whole.length;
    line += whole.split('\n').length - 1;
    if (end === ',') continue;
    if (cells.some((cell) => cell !== '')) records.push({ line: began, cells });
    cells = [];
    began = line;
  }
  return records;
}
