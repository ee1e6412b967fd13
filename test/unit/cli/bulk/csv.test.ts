import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CsvError, parseCsv } from '../../../../cli/bulk/csv.ts';

const cellsOf = (text: string) => parseCsv(text).map(({ cells }) => cells);

describe('parseCsv', () => {
  test.each([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,\n,b',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['"a,b","say ""hi""","two\nlines"\n', [['a,b', 'say "hi"', 'two\nlines']]],
    ['a\n\n\nb\n\n', [['a'], ['b']]],
    ['', []],
  ])('reads %j', (text, cells) => {
    expect(cellsOf(text)).toEqual(cells);
  });

  test('tells the line in which a record begins, past lines inside cells and empty ones', () => {
    const lines = parseCsv('a,b\n"x\ny",1\n\nz,2\n').map(({ line }) => line);
    expect(lines).toEqual([1, 2, 5]);
  });

  test.each([
    ['a\n"open', 2],
    ['a,b"c', 1],
    ['a\nb\n"x"y', 3],
  ])('refuses quotes in %j that make no cell, and tells the line', (text, line) => {
    expect(() => parseCsv(text)).toThrow(expect.objectContaining({ line }));
    expect(() => parseCsv(text)).toThrow(CsvError);
  });

  test('reads back whatever is written as RFC 4180 says', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r\n', 'é', '😀') });
    const record = fc.array(text, { minLength: 1, maxLength: 4 });
    const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
    const property = fc.property(
      fc.array(record.filter((cells) => cells.some((cell) => cell !== ''))),
      fc.constantFrom('\n', '\r\n'),
      (records, end) => {
        const written = records.map((cells) => cells.map(quoted).join(',') + end).join('');
        expect(cellsOf(written)).toEqual(records);
      },
    );
    void fc.assert(property);
  });
});
