import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import type { Schema } from '#runtime/contracts/agent.ts';
import type { FilterValue } from '#runtime/contracts/subscriptions.ts';
import { neverMet } from '../../infra/constructs/event-filter.ts';

type Filter = Readonly<Record<string, FilterValue>>;

const shape = z.object({
  kind: z.enum(['a', 'b']),
  size: z.int().min(1).max(9).optional(),
  note: z.string().nullable(),
});
const union = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('a'), size: z.number() }),
  z.object({ kind: z.literal('b'), note: z.string() }),
]);

describe('a filter that some data can meet', () => {
  test.each<readonly [string, Schema, Filter]>([
    ['none', shape, {}],
    ['a literal', shape, { kind: 'a' }],
    ['null where null may be', shape, { note: null }],
    ['the edge of a range', shape, { size: 9, kind: 'b' }],
    ['one form of a union', union, { kind: 'b', note: 'x' }],
    ['a field that is not named', z.looseObject({ kind: z.string() }), { other: 5 }],
    ['any field of a record', z.record(z.string(), z.number()), { whatever: 5 }],
    [
      'either side of an intersection',
      z.intersection(shape, z.object({ more: z.boolean() })),
      { more: true, kind: 'a' },
    ],
    [
      'behind a default',
      z.object({ lane: z.enum(['x', 'y']).default('x') }).readonly(),
      { lane: 'y' },
    ],
    [
      'what a transformation makes',
      z.object({ day: z.string().transform((text) => text.length) }),
      { day: 5 },
    ],
    ['data of unknown form', z.unknown(), { anything: 5 }],
    [
      'a check that takes its time',
      z.object({ id: z.string().refine(async () => true) }),
      { id: 'x' },
    ],
    ['schemas of zod/mini', mini.object({ kind: mini.optional(mini.literal('a')) }), { kind: 'a' }],
    ['behind lazy', z.lazy(() => shape), { kind: 'a' }],
  ])('%s', (_, schema, where) => {
    expect(neverMet(schema, where)).toBeNull();
  });
});

describe('a filter that no data can meet', () => {
  test.each<readonly [string, Schema, Filter, string]>([
    [
      'a field that there is not',
      shape,
      { sort: 'a' },
      'no field "sort"; their fields: kind, size, note',
    ],
    ['a value that is none of a list', shape, { kind: 'c' }, 'the field "kind" is never "c"'],
    ['a value out of range', shape, { size: 10 }, 'the field "size" is never 10'],
    ['null where null cannot be', shape, { kind: null }, 'the field "kind" is never null'],
    ['a value of another type', shape, { note: 5 }, 'the field "note" is never 5'],
    [
      'two forms of a union at once',
      union,
      { kind: 'a', note: 'x' },
      'no data have all of {"kind":"a","note":"x"} at once',
    ],
    [
      'a value that a record does not take',
      z.record(z.string(), z.number()),
      { x: 'y' },
      'the field "x" is never "y"',
    ],
    ['data that are no object', z.string(), { length: 3 }, 'no field "length"; their fields: none'],
  ])('%s', (_, schema, where, problem) => {
    expect(neverMet(schema, where)).toContain(problem);
  });
});
