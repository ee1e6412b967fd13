import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  expressionsIn,
  JSONATA_FUNCTIONS,
  readsIn,
} from '../../infra/constructs/jsonata-source.ts';

const spelled = (source: string): string[] =>
  readsIn(source).references.map(({ variable, fields }) => [variable, ...fields].join('.'));

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

describe('readsIn', () => {
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
    ['($f := function($b) { $b }; $b.kind)', ['b.kind']],
    ['($x.a; $x := 1; $x.b)', ['x.a']],
    ['(($x := 1); $x)', ['x']],
    ['($a ? $x := 1 : $x := 2; $x)', ['a']],
    ['($n := function($i) { $i < 1 ? 0 : $n($i - 1) }; $n(3))', []],
    ['($count($a#$i); $i)', ['a', 'count', 'i']],
    ['$a@$x[$x.b = $c].($x.d)', ['a', 'c']],
    ['$a.b[c = 1]#$i[$i < $n].d', ['a.b', 'n']],
    ['$a ~> |b|{"c": d & $e}|', ['a', 'e']],
    ['"$a in a text"', []],
    ['1 + 2', []],
  ])('%s refers to %j', (source, expected) => {
    expect(spelled(source).sort()).toEqual([...expected].sort());
  });

  test.each([
    ['query', ['query']],
    ['$.query', ['$.query']],
    ['$', ['$']],
    ['$$.query', ['$$.query']],
    ['$a.($$.b)', ['$$.b']],
    ['`a b`.c', ['a b.c']],
    ['*', ['*']],
    ['$count(items)', ['items']],
    ['{"a": {"b": query}}', ['query']],
    ['$map($a, function($x) { y })', ['y']],
    ['$a.b[c = d].{"e": f, "g": $.h}', []],
    ['$a{b: $sum(c)}', []],
    ['$a^(>b.c)', []],
    ['[1, 2].($ + 1)', []],
    ['$a.b.$string()', []],
    ['$a.b.(c; d)', []],
  ])('%s reads %j without a context', (source, expected) => {
    expect(readsIn(source).rootless).toEqual(expected);
  });

  test('throws at what is not JSONata', () => {
    expect(() => readsIn('$a.')).toThrow();
  });
});

describe('expressionsIn', () => {
  test('finds them at any depth', () => {
    const template = { a: '{% $x %}', b: ['text', '{%$y%}'], c: { d: '{% $z %}', e: 5, f: null } };
    expect(expressionsIn(template)).toEqual(['$x', '$y', '$z']);
  });
});
