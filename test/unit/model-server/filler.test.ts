import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { fill } from '../../../localstack/model-server/filler.ts';
import type { JsonSchema } from '../../../localstack/model-server/json-schema.ts';

const filled = <S extends z.ZodType>(schema: S, prompt: string): z.output<S> =>
  schema.parse(fill(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema, prompt));

describe('fill', () => {
  test('chooses the option that the text speaks of', () => {
    const Segment = z.object({ segment: z.enum(['cold', 'warm', 'hot']) });
    expect(filled(Segment, '<lead>The lead is warm.</lead>').segment).toBe('warm');
    expect(filled(Segment, 'Nothing of the kind.').segment).toBe('cold');
  });

  test('finds numbers by the words of the field, within its bounds', () => {
    const Home = z.object({ rooms: z.int(), maxPrice: z.number().min(1000) });
    const text = 'I look for 4 rooms. The max price is 450,000 dollars.';
    expect(filled(Home, text)).toEqual({ rooms: 4, maxPrice: 450_000 });
  });

  test('quotes the sentence that speaks of the field', () => {
    const Note = z.object({ deadline: z.string(), owner: z.string() });
    expect(filled(Note, 'The owner is Ann. The deadline is Friday.')).toEqual({
      deadline: 'The deadline is Friday.',
      owner: 'The owner is Ann.',
    });
  });

  test('takes a statement for true, and its negation or silence for false', () => {
    const Known = z.object({ urgent: z.boolean() });
    expect(filled(Known, 'This is urgent.').urgent).toBe(true);
    expect(filled(Known, 'This is not urgent.').urgent).toBe(false);
    expect(filled(Known, 'Hello.').urgent).toBe(false);
  });

  test('makes one item per statement', () => {
    const Facts = z.object({ facts: z.array(z.object({ text: z.string() })).max(2) });
    expect(filled(Facts, '- One.\n- Two.\n- Three.').facts).toEqual([
      { text: 'One.' },
      { text: 'Two.' },
    ]);
  });

  test('finds formats in the text', () => {
    const Contact = z.object({ mail: z.email(), site: z.url(), day: z.iso.date() });
    const text = 'Write to ann@example.org before 2026-11-22, see https://example.org/a.';
    expect(filled(Contact, text)).toMatchObject({ mail: 'ann@example.org', day: '2026-11-22' });
    expect(() => filled(Contact, 'nothing')).not.toThrow();
  });

  test('ends on a schema that contains itself', () => {
    const Node = z.object({
      name: z.string(),
      get children() {
        return z.array(Node);
      },
    });
    expect(filled(Node, 'One. Two.').name).toBe('One.');
  });
});

const anyLeaf = fc.oneof(
  fc.constant(z.boolean()),
  fc.constant(z.null()),
  fc.constant(z.literal('x')),
  fc.constantFrom(z.email(), z.uuid(), z.iso.datetime(), z.iso.date(), z.url()),
  fc
    .array(fc.string({ minLength: 1 }), { minLength: 1 })
    .map((options) => z.enum(options as [string])),
  fc.tuple(fc.nat(20), fc.nat(50)).map(([min, extra]) =>
    z
      .string()
      .min(min)
      .max(min + extra),
  ),
  fc.tuple(fc.integer({ min: -99, max: 99 }), fc.nat(99)).map(([min, extra]) =>
    z
      .int()
      .min(min)
      .max(min + extra),
  ),
  fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: 1, max: 99 })).map(([min, extra]) =>
    z
      .number()
      .gt(min)
      .lt(min + extra),
  ),
);
const { schema: anySchema } = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyLeaf,
    fc
      .dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('schema'), { maxKeys: 4 })
      .map((shape) => z.strictObject(shape)),
    fc.tuple(tie('schema'), fc.nat(3), fc.nat(3)).map(([item, min, extra]) =>
      z
        .array(item)
        .min(min)
        .max(min + extra),
    ),
    tie('schema').map((inner) => z.nullable(inner)),
    fc.tuple(tie('schema'), tie('schema')).map((options) => z.union(options)),
    fc.tuple(tie('schema'), tie('schema')).map((items) => z.tuple(items)),
  ),
}));

describe('fill, on any schema', () => {
  test('G1: the value fits the schema, whatever schema and prompt', () => {
    const prompt = fc.oneof(fc.string(), fc.lorem(), fc.constant('- 12 a.\n- b 3.5?\n\n| x | y |'));
    fc.assert(
      fc.property(anySchema, prompt, (given, text) => {
        expect(() => filled(given, text)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});
