/**
 * What the world sends: valid texts, texts one mutation away from valid, and hostile ones.
 *
 * Boundary: generators only; the seed of a fuzz test picks from them, so that a failure comes again.
 */
import fc from 'fast-check';

/** A seed is fixed so that a red test is red for everybody; its name tells it. */
export const SEED = 20_260_101;

/** Keys that mean something to JavaScript, to the platform or to DynamoDB. */
const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  'then',
  'toJSON',
  '$sbref',
  '',
  ' ',
  'a.b[0]',
  '\u0000',
  '\ud800',
  'ключ',
] as const;

const TEXTS = [
  '',
  '\u0000',
  '\ud800',
  'half\udc00',
  '\uffff',
  '\u202e bidi',
  '🦆'.repeat(300),
  'x'.repeat(70_000),
  '../../etc/passwd',
  '{% $states.context.Task.Token %}',
  '-1',
  '1e999',
  '9'.repeat(400),
  '0001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '2026-13-45T99:99:99Z',
  'a/b@2/c[3]',
  'token-of-somebody-else',
  'AAAA'.repeat(64),
] as const;

const NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.5,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  1e21,
] as const;

/** References that nobody but the platform may write. */
const FORGED = [
  { $sbref: { sha256: 'a'.repeat(64), bytes: 10 } },
  { $sbref: { sha256: '../other-tenant/root/secret', bytes: -1 } },
  { $sbref: { sha256: 'a'.repeat(64), bytes: 1, tenant: 'other', root: 'other' } },
  { $sbref: null },
  { $sbref: 'x', more: 1 },
] as const;

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, ...NUMBERS, ...TEXTS),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(...FORGED),
);

const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 }));

/** A parsed JSON value of any kind, prototype keys among its own ones. */
export const hostileValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(ownMembers),
    tie('deep'),
  ),
  deep: fc
    .tuple(fc.constantFrom(5, 70, 190, 230), leaf, fc.constantFrom('list', 'object'))
    .map(([depth, inner, kind]) => nested(depth, inner, kind)),
})).value;

/** `JSON.parse` makes `__proto__` a member of its own, an assignment would not. */
function ownMembers(members: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of members) setOwn(object, name, value);
  return object;
}

const setOwn = (object: object, name: string, value: unknown): void => {
  Object.defineProperty(object, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
};

function nested(depth: number, inner: unknown, kind: string): unknown {
  let value = inner;
  for (let i = 0; i < depth; i += 1) value = kind === 'list' ? [value] : { a: value };
  return value;
}

/** Texts that no honest writer of JSON makes. */
const strangeText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '{',
    'null',
    '"',
    '[]',
    '{}',
    'undefined',
    '{"a":1}{"b":2}',
    '\ufeff{}',
    '{"a":1e999}',
    '{"a":1,"a":2}',
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    `"${'x'.repeat(300_000)}"`,
  ),
  fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }),
);

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  hostileValue.map((value) => JSON.stringify(value)),
  strangeText,
);

type Place = readonly (string | number)[];

/** Every place in a value, the whole first. */
function placesOf(value: unknown, place: Place = []): Place[] {
  const members =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, member]) =>
          placesOf(member, [...place, Array.isArray(value) ? Number(name) : name]),
        )
      : [];
  return [place, ...members];
}

type Mutation =
  | { readonly kind: 'remove' }
  | { readonly kind: 'replace'; readonly by: unknown }
  | { readonly kind: 'add'; readonly name: string; readonly by: unknown }
  | { readonly kind: 'wrap' }
  | { readonly kind: 'spell'; readonly by: string };

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constant({ kind: 'remove' } as const),
  hostileValue.map((by) => ({ kind: 'replace', by }) as const),
  fc.tuple(key, hostileValue).map(([name, by]) => ({ kind: 'add', name, by }) as const),
  fc.constant({ kind: 'wrap' } as const),
  fc.constantFrom(...TEXTS).map((by) => ({ kind: 'spell', by }) as const),
);

/** The value with one thing changed somewhere; its JSON text. */
const nearly = (valid: unknown): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...placesOf(valid)), mutation)
    .map(([place, change]) => JSON.stringify(mutated(valid, place, change)) ?? 'null');

/** Valid, one mutation away, or hostile, about as often. */
export const anyOf = (valid: unknown): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(JSON.stringify(valid)) },
    { weight: 5, arbitrary: nearly(valid) },
    { weight: 3, arbitrary: hostileText },
  );

function mutated(value: unknown, [name, ...rest]: Place, change: Mutation): unknown {
  if (name === undefined) return changed(value, change);
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => {
      if (i !== name) return [item];
      return rest.length === 0 && change.kind === 'remove' ? [] : [mutated(item, rest, change)];
    });
  }
  return ownMembers(
    Object.entries(value as object).flatMap(([own, member]): [string, unknown][] => {
      if (own !== name) return [[own, member]];
      if (rest.length > 0 || change.kind !== 'remove')
        return [[own, mutated(member, rest, change)]];
      return [];
    }),
  );
}

function changed(value: unknown, change: Mutation): unknown {
  switch (change.kind) {
    case 'remove':
      return null;
    case 'replace':
      return change.by;
    case 'wrap':
      return [value];
    case 'spell':
      return typeof value === 'string' ? `${value}${change.by}` : change.by;
    case 'add': {
      if (typeof value !== 'object' || value === null) return { [change.name]: change.by };
      if (Array.isArray(value)) return [...value, change.by];
      return ownMembers([...Object.entries(value), [change.name, change.by]]);
    }
  }
}
