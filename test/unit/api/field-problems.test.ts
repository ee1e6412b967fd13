import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { Schema } from '#runtime/contracts/agent.ts';
import { fieldProblems, OUR_WORDS } from '#runtime/lambda/api/field-problems.ts';

/** What is told of a field of the body `{ it: … }`. */
function told(schema: Schema, it: unknown): readonly string[] {
  const body = it === undefined ? {} : { it };
  const parsed = z.safeParse(z.object({ it: schema }), body, OUR_WORDS);
  const problems = fieldProblems(parsed.error?.issues ?? []);
  return problems.map(({ field, problem }) => `${field}: ${problem}`);
}

const LONG = 'x'.repeat(200);

const TOLD: readonly (readonly [what: string, schema: Schema, got: unknown, says: string])[] = [
  ['a missing object', z.object({}), undefined, 'it: is missing; allowed: an object'],
  ['a missing value of any kind', z.unknown(), undefined, 'it: is missing; allowed: any JSON'],
  ['null', z.string(), null, 'it: is null; allowed: a string'],
  ['a number', z.string(), 5, 'it: is 5; allowed: a string'],
  ['a boolean', z.int(), true, 'it: is true; allowed: a whole number'],
  ['a string', z.number(), 'five', 'it: is "five"; allowed: a number'],
  ['a list', z.boolean(), [1], 'it: is a list; allowed: true or false'],
  ['an object', z.array(z.string()), {}, 'it: is an object; allowed: a list'],
  [
    'a list in place of a record',
    z.record(z.string(), z.string()),
    [],
    'it: is a list; allowed: an object',
  ],
  ['half a number', z.int(), 1.5, 'it: is 1.5; allowed: a whole number'],
  ['an unknown word', z.enum(['low', 'high']), 'x', 'it: is "x"; allowed: "low", "high"'],
  ['another literal', z.literal(true), false, 'it: is false; allowed: true'],
  [
    'an empty string',
    z.string().check(z.minLength(1)),
    '',
    'it: has 0 characters; allowed: at least 1',
  ],
  [
    'a string too long',
    z.string().check(z.maxLength(3)),
    'four',
    'it: has 4 characters; allowed: at most 3',
  ],
  [
    'a string of another length',
    z.string().check(z.length(2)),
    'x',
    'it: has 1 character; allowed: exactly 2',
  ],
  [
    'a list too long',
    z.array(z.int()).check(z.maxLength(1)),
    [1, 2],
    'it: has 2 items; allowed: at most 1',
  ],
  ['a number too small', z.number().check(z.gte(1)), 0, 'it: is 0; allowed: at least 1'],
  ['a number too large', z.number().check(z.lt(9)), 9, 'it: is 9; allowed: less than 9'],
  ['a number between', z.number().check(z.multipleOf(5)), 7, 'it: is 7; allowed: multiples of 5'],
  [
    'another format',
    z.iso.datetime(),
    'monday',
    'it: is "monday"; allowed: a string of the format datetime',
  ],
  [
    'another pattern',
    z.string().check(z.regex(/^a/)),
    'b',
    'it: is "b"; allowed: a string that matches /^a/',
  ],
  [
    'another beginning',
    z.string().check(z.startsWith('a')),
    'b',
    'it: is "b"; allowed: a string that begins with "a"',
  ],
  [
    'a key',
    z.record(z.string().check(z.maxLength(2)), z.int()),
    { key: 1 },
    'it.key: is a key that is not allowed ($: has 3 characters; allowed: at most 2)',
  ],
  [
    'none of several',
    z.union([z.string(), z.int()]),
    null,
    'it: fits none of what is allowed ($: is null; allowed: a string, or $: is null; allowed: a whole number)',
  ],
  [
    'an unknown kind',
    z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') })]),
    { kind: 'b' },
    'it.kind: is "b"; allowed: "a"',
  ],
  [
    'what a check of its own refuses',
    z.string().check(z.refine(() => false)),
    'x',
    'it: is "x", which a check of its schema refuses',
  ],
  [
    'what its author has words for',
    z.string().check(z.refine(() => false, 'no vowels')),
    'a',
    'it: no vowels',
  ],
  ['a long string', z.int(), LONG, `it: is "${'x'.repeat(79)}…"; allowed: a whole number`],
];

describe('what is wrong with a field says what was got, and what is allowed', () => {
  it.each(TOLD)('%s', (_, schema, got, says) => {
    expect(told(schema, got)).toEqual([says]);
  });

  it('names the fields that there are when one is unknown, and every unknown one', () => {
    const parsed = z.safeParse(
      z.strictObject({ to: z.string() }),
      { too: 1, tow: 2, to: '' },
      OUR_WORDS,
    );
    expect(fieldProblems(parsed.error?.issues ?? [])).toEqual([
      { field: '$', problem: 'has "too", "tow"; allowed: to' },
    ]);
  });

  it('names the field below the one that it was read from', () => {
    const parsed = z.safeParse(z.array(z.int()), ['x'], OUR_WORDS);
    expect(fieldProblems(parsed.error?.issues ?? [], ['data'])).toEqual([
      { field: 'data[0]', problem: 'is "x"; allowed: a whole number' },
    ]);
  });
});
