import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  expressionsIn,
  JSONATA_FUNCTIONS,
  referencesIn,
} from '../../infra/constructs/jsonata-source.ts';

const spelled = (source: string): string[] =>
  referencesIn(source).map(({ variable, fields }) => [variable, ...fields].join('.'));

describe('JSONATA_FUNCTIONS', () => {
  test('has every function that the JSONata library binds', async () => {
    const source = await readFile(new URL(import.meta.resolve('jsonata')), 'utf8');
    const bound = [...source.matchAll(/(?:staticFrame|environment)\.bind\('(\w+)'/g)].map(
      ([, name]) => name,
    );
    expect(bound.length).toBeGreaterThan(50);
    expect(bound.filter((name) => !JSONATA_FUNCTIONS.has(String(name)))).toEqual([]);
  });

  test.each(['parse', 'partition', 'range', 'hash', 'random', 'uuid'])(
    'has $%s, which Step Functions adds',
    (name) => {
      expect(JSONATA_FUNCTIONS).toContain(name);
    },
  );
});

describe('referencesIn', () => {
  test.each([
    ['$a.b.c', ['a.b.c']],
    ['$a', ['a']],
    ['$a.b[0].c', ['a.b']],
    ['$a[0].b', ['a']],
    ['$a.b[$c.d > 1]', ['a.b', 'c.d']],
    ['$a.**', ['a']],
    ['$a.`x y`."q"', ['a.x y.q']],
    ['$exists($a.b) ? $a.b : $c', ['exists', 'a.b', 'a.b', 'c']],
    ['$map($xs, function($x, $i) { $x.y + $i + $z })', ['map', 'xs', 'z']],
    ['($x := $a.b; $x.c & $y)', ['a.b', 'y']],
    ['$a.items#$i.{"n": $i, "m": $b}', ['a.items', 'b']],
    ['$a.b{c: $sum(d)}', ['a.b', 'sum']],
    ['$a ~> $count', ['a', 'count']],
    ['$a^(>$b.c)', ['a', 'b.c']],
    ['"$a in a text"', []],
    ['1 + 2', []],
  ])('%s refers to %j', (source, expected) => {
    expect(spelled(source).sort()).toEqual([...expected].sort());
  });

  test('throws at what is not JSONata', () => {
    expect(() => referencesIn('$a.')).toThrow();
  });
});

describe('expressionsIn', () => {
  test('finds them at any depth', () => {
    const template = { a: '{% $x %}', b: ['text', '{%$y%}'], c: { d: '{% $z %}', e: 5, f: null } };
    expect(expressionsIn(template)).toEqual(['$x', '$y', '$z']);
  });
});
