import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { jsonSchemaOf } from '#runtime/core/json-schema.ts';
import { keyByField, keyByPlace, keyProblems } from '../../../../cli/bulk/row-keys.ts';
import { readRows } from '../../../../cli/bulk/rows.ts';

const schema = jsonSchemaOf(
  z.object({
    id: z.string().check(z.minLength(1)),
    age: z.optional(z.int()),
    isNew: z.optional(z.boolean()),
    kind: z.optional(z.enum(['a', 'b'])),
    level: z.optional(z.union([z.literal(1), z.literal(2)])),
    note: z.optional(z.nullable(z.string())),
    tags: z.optional(z.array(z.string())),
  }),
);
const csv = (text: string) => readRows(text, 'csv', schema);
const jsonl = (text: string) => readRows(text, 'jsonl', schema);
const problemsOf = ({ problems }: ReturnType<typeof csv>) =>
  problems.map(({ line, problem }) => `${line} ${problem}`);

describe('a table', () => {
  test('gives each cell as its field takes it', () => {
    const file = csv('id,age,isNew,kind,level,note,tags\n007,42,true,a,2,null,"[""x""]"\n');
    expect(file).toEqual({
      rows: [
        {
          line: 2,
          input: {
            id: '007',
            age: 42,
            isNew: true,
            kind: 'a',
            level: 2,
            note: 'null',
            tags: ['x'],
          },
        },
      ],
      problems: [],
      unusedColumns: [],
    });
  });

  test('leaves out the fields of empty cells, and columns that the input has no field for', () => {
    const file = csv('id,age,Purchase,constructor\na,,1,x\n');
    expect(file.rows).toEqual([{ line: 2, input: { id: 'a' } }]);
    expect(file.unusedColumns).toEqual(['Purchase', 'constructor']);
  });

  test('may begin with the mark that spreadsheets write', () => {
    expect(csv('\ufeffid\na\n').rows).toEqual([{ line: 2, input: { id: 'a' } }]);
  });

  test('B1: tells what is wrong line by line, all at once', () => {
    const file = csv('id,age,kind\na,old,c\nb,1\nc,1.5,a\n,1,a\nok,1,a\n');
    const problems = problemsOf(file);
    expect(problems.map((problem) => problem.slice(0, 2).trim())).toEqual(['2', '3', '4', '5']);
    expect(problems[0]).toMatch(/age: .*received string; kind: /);
    expect(problems[1]).toBe('3 there are 2 cells under 3 columns');
    expect(problems[2]).toMatch(/age: .*int/);
    expect(problems[3]).toMatch(/id: .*undefined/);
  });

  test.each([
    ['two columns of one name', 'id,id\na,b\n', '1 the column "id" is there twice, or has no name'],
    ['a column without a name', 'id,\na,b\n', '1 the column "" is there twice, or has no name'],
    ['a quote that is never closed', 'id\n"a\n', '2 line 2 has a quote'],
  ])('is refused as a whole with %s', (_case, text, problem) => {
    expect(problemsOf(csv(text))).toEqual([expect.stringContaining(problem)]);
  });
});

describe('a file of JSON lines', () => {
  test('gives each line as it is, past empty ones', () => {
    expect(jsonl('{"id":"a"}\n\n  {"id":"b","age":3}\r\n').rows).toEqual([
      { line: 1, input: { id: 'a' } },
      { line: 3, input: { id: 'b', age: 3 } },
    ]);
  });

  test('B1: tells what is wrong line by line, all at once', () => {
    const problems = problemsOf(jsonl('{"id":1}\n{id}\n7\n{"id":"ok"}\n'));
    expect(problems).toEqual([
      expect.stringMatching(/^1 id: .*number/),
      expect.stringMatching(/^2 it is not JSON: /),
      expect.stringMatching(/^3 the input: .*number/),
    ]);
  });
});

describe('keys of rows', () => {
  const row = (line: number, id: string) => ({ line, input: { id } });

  test('B2: are the same whenever the same file is read, and others in any other file', () => {
    const [key, again, other] = [keyByPlace('a\n'), keyByPlace('a\n'), keyByPlace('b\n')];
    expect(key(row(2, 'x'))).toBe(again(row(2, 'x')));
    expect(key(row(2, 'x'))).not.toBe(key(row(3, 'x')));
    expect(key(row(2, 'x'))).not.toBe(other(row(2, 'x')));
  });

  test('B2: by a field, stay the same wherever the row stands', () => {
    const key = keyByField('id');
    expect(key(row(2, 'x'))).toBe(key(row(9, 'x')));
    expect(key(row(2, 'x'))).not.toBe(key(row(2, 'y')));
    expect(key(row(2, '1'))).not.toBe(key({ line: 2, input: { id: 1 } }));
  });

  test('are what the API takes for an Idempotency-Key, whatever the row says', () => {
    for (const key of [keyByPlace('é\n'.repeat(999)), keyByField('id')]) {
      expect(key(row(123_456, 'ü'.repeat(999)))).toMatch(/^[\x21-\x7e]{1,128}$/);
    }
  });

  test('by a field, need a value of their own', () => {
    const rows = [row(2, 'x'), row(3, 'y'), row(4, 'x'), { line: 5, input: {} }];
    expect(keyProblems(rows, 'id')).toEqual([
      { line: 4, problem: 'id: "x" is in line 2, too, and it is the key' },
      { line: 5, problem: 'id: missing, and it is the key' },
    ]);
  });
});
