import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotJsonError, toJson } from '#runtime/core/json.ts';
import { boundedJson, cutUtf8, TooLargeError } from '#runtime/core/limits.ts';

describe('toJson', () => {
  test('gives text that parses to an equal value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON has no negative zero.
        expect(JSON.parse(toJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test.each([
    ['a date', { at: new Date(0) }, '$.at is an instance of Date'],
    ['a set', { list: [1, new Set()] }, '$.list[1] is an instance of Set'],
    ['infinity', [Number.POSITIVE_INFINITY], '$[0] is Infinity'],
    ['a hole', [1, undefined], '$[1] is undefined'],
    ['nothing', undefined, '$ is undefined'],
  ])('refuses %s, naming its place', (_, value, message) => {
    expect(() => toJson(value)).toThrow(NotJsonError);
    expect(() => toJson(value)).toThrow(message);
  });

  test('refuses a cycle', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = { cycle };
    expect(() => toJson(cycle)).toThrow(NotJsonError);
  });

  test('takes objects without a prototype', () => {
    expect(toJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  });
});

describe('boundedJson', () => {
  test('counts bytes, not characters', () => {
    expect(boundedJson('it', 'éé', 6)).toBe('"éé"');
    expect(() => boundedJson('it', 'éé', 5)).toThrow(TooLargeError);
    expect(() => boundedJson('it', 'éé', 5)).toThrow('it is 6 bytes of JSON; allowed: 5');
  });
});

describe('cutUtf8', () => {
  test('gives the longest beginning that fits and cuts no character in two', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'é', '€', '🚦') }),
        fc.nat(40),
        (text, maxBytes) => {
          const cut = cutUtf8(text, maxBytes);
          expect(text.startsWith(cut)).toBe(true);
          expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
          const next = String.fromCodePoint(text.codePointAt(cut.length) ?? 0);
          if (cut !== text) expect(Buffer.byteLength(cut + next)).toBeGreaterThan(maxBytes);
        },
      ),
    );
  });
});
