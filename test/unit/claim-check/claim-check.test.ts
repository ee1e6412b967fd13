import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { claimCheck } from '#runtime/core/claim-check.ts';
import { hash } from '#runtime/core/hash.ts';
import { referencesIn, withReferenced } from '#runtime/core/payload-references.ts';

const KIB = 1024;
const check = (value: unknown, maxBytes = 32 * KIB, control: readonly string[] = []) =>
  claimCheck(value, { maxBytes, control });
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const placesOf = (value: unknown): readonly string[] =>
  referencesIn(value).map(({ place }) => place);

/** What came in, from what came out. */
const whole = ({ value, payloads }: ReturnType<typeof claimCheck>): unknown => {
  const texts = new Map(payloads.map(({ sha256, text }) => [sha256, text]));
  return withReferenced(value, (sha256) => ({ value: JSON.parse(texts.get(sha256) ?? 'null') }));
};

const small = (i: number) => ({ id: i, title: `item ${i}`, isOpen: i % 2 === 0 });
const text = (bytes: number): string => 'x'.repeat(bytes);

describe('claimCheck', () => {
  test('leaves alone what fits', () => {
    const value = { a: text(1000) };
    expect(check(value, bytesOf(value))).toEqual({ value, payloads: [] });
    expect(placesOf(check(value, bytesOf(value) - 1).value)).toEqual(['$.a']);
  });

  test('replaces the largest leaf, and no more than it takes', () => {
    const value = { note: 'short', page: { body: text(40_000), foot: text(20_000) } };
    const checked = check(value);
    expect(placesOf(checked.value)).toEqual(['$.page.body']);
    expect(checked.value).toMatchObject({ note: 'short', page: { foot: text(20_000) } });
    expect(checked.payloads.map(({ text }) => bytesOf(JSON.parse(text)))).toEqual([40_002]);
  });

  test('replaces a list of many small objects as a whole: it has no large leaf', () => {
    const items = Array.from({ length: 80_000 }, (_, i) => small(i));
    expect(bytesOf(items)).toBeGreaterThan(3_500_000);
    const checked = check({ count: items.length, items });
    expect(placesOf(checked.value)).toEqual(['$.items']);
    expect(checked.value).toMatchObject({ count: 80_000 });
    expect(whole(checked)).toEqual({ count: items.length, items });
  });

  test('goes to coarser parts where fine ones would be too many', () => {
    const chapters = Array.from({ length: 50 }, (_, i) => ({
      title: `chapter ${i}`,
      paragraphs: Array.from({ length: 100 }, (_, j) => `${i}.${j} ${text(900)}`),
    }));
    const checked = check({ chapters, title: 'book' });
    expect(placesOf(checked.value)).toEqual(['$.chapters']);
    expect(whole(checked)).toEqual({ chapters, title: 'book' });
  });

  test('replaces a text or a list that is the whole output', () => {
    expect(placesOf(check(text(50_000)).value)).toEqual(['$']);
    expect(placesOf(check(Array.from({ length: 5000 }, (_, i) => small(i))).value)).toEqual(['$']);
  });
});

describe('claimCheck keeps its word', () => {
  test('B5: leaves control fields inline, however large they are beside others', () => {
    const value = { passages: [text(20_000)], body: text(15_000) };
    expect(placesOf(check(value, 32 * KIB, ['passages']).value)).toEqual(['$.body']);
  });

  test('B5: fails an output whose control field does not fit, and names the field', () => {
    const value = { passages: [text(33_000)], body: text(15_000) };
    expect(() => check(value, 32 * KIB, ['passages'])).toThrow(
      expect.objectContaining({
        code: 'OUTPUT_TOO_LARGE',
        message: expect.stringMatching(/^the output is \d+ bytes .* 32768\. The field "passages"/),
      }),
    );
  });

  test('B5: never replaces an object that is the whole output, whose fields would be lost', () => {
    const value = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`field${i}`, text(300)]),
    );
    expect(() => check(value)).toThrow(/at most 16 of its parts .* into one field/);
    expect(placesOf(check({ fields: value }).value)).toEqual(['$.fields']);
  });

  test('keeps one payload of a part that is there twice', () => {
    const body = text(40_000);
    const checked = check({ one: body, two: body });
    expect(placesOf(checked.value)).toEqual(['$.one', '$.two']);
    expect(checked.payloads).toHaveLength(1);
  });

  test('B6: gives equal values equal references, so that hashes of inputs are steady', () => {
    const make = () => ({ a: 1, body: `é😀${text(40_000)}` });
    expect(hash(check(make()).value)).toBe(hash(check(make()).value));
    expect(hash(check({ ...make(), body: text(40_000) }).value)).not.toBe(
      hash(check(make()).value),
    );
  });

  test('counts bytes as they travel, not characters', () => {
    const checked = check({ body: '😀"\n\\'.repeat(5000) });
    const [{ reference } = {}] = referencesIn(checked.value);
    expect(reference?.bytes).toBe(Buffer.byteLength(checked.payloads[0]?.text ?? ''));
  });

  test('whatever it is given comes back whole, and what travels fits', () => {
    const long = fc
      .tuple(fc.string(), fc.integer({ min: 0, max: 800 }))
      .map(([seed, times]) => seed.repeat(times / 4));
    const json = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        long,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.array(tie('node'), { maxLength: 6 }),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(json, json, fc.integer({ min: 600, max: 5000 }), (one, two, maxBytes) => {
        const value: unknown = JSON.parse(JSON.stringify({ control: true, one, two }));
        const checked = check(value, maxBytes, ['control']);
        expect(bytesOf(checked.value)).toBeLessThanOrEqual(maxBytes);
        expect(whole(checked)).toEqual(value);
        expect(checked.payloads.flatMap((p) => placesOf(JSON.parse(p.text)))).toEqual([]);
        expect(checked.value).toMatchObject({ control: true });
      }),
      { numRuns: 200 },
    );
  });
});

const SHA = 'a'.repeat(64);

describe('referencesIn', () => {
  test('B3: finds what has the key, and knows what is no reference', () => {
    const good = { $sbref: { sha256: SHA, bytes: 5 } };
    const value = {
      at: [1, good],
      url: { $sbref: 's3://other/key' },
      more: { ...good, tenant: 'acme' },
      owner: { $sbref: { sha256: SHA, bytes: 5, tenant: 'acme' } },
      path: { $sbref: { sha256: '../../acme/run/x', bytes: 5 } },
    };
    expect(referencesIn(value)).toEqual([
      { place: '$.at[1]', reference: { sha256: SHA, bytes: 5 } },
      { place: '$.url', reference: null },
      { place: '$.more', reference: null },
      { place: '$.owner', reference: null },
      { place: '$.path', reference: null },
    ]);
    expect(referencesIn(null)).toEqual([]);
  });
});

describe('withReferenced', () => {
  test('B4: puts back data, and does not search it again', () => {
    const inner = { $sbref: { sha256: 'b'.repeat(64), bytes: 5 } };
    const value = { a: { $sbref: { sha256: SHA, bytes: 5 } }, b: inner };
    expect(withReferenced(value, (sha) => (sha === SHA ? { value: inner } : null))).toEqual({
      a: inner,
      b: inner,
    });
  });
});
