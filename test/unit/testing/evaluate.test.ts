import { describe, expect, test } from 'vitest';
import { evaluate } from '#runtime/testing/interpreter/evaluate.ts';

const value = (source: string, bindings = {}) => evaluate(`{% ${source} %}`, bindings);

describe('evaluate', () => {
  test('only texts in brackets are evaluated, at any depth', async () => {
    const template = { a: ['{% $x + 1 %}', ' {% $x %}'], b: { c: '{% $x %}' }, d: null, e: 5 };
    expect(await evaluate(template, { x: 1 })).toEqual({
      a: [2, ' {% $x %}'],
      b: { c: 1 },
      d: null,
      e: 5,
    });
  });

  test('a list of one stays a list, and an empty one a list, in brackets', async () => {
    expect(await value('[ $x.items[n > 1] ]', { x: { items: [{ n: 1 }, { n: 2 }] } })).toEqual([
      { n: 2 },
    ]);
    expect(await value('[ $x.items[n > 5] ]', { x: { items: [{ n: 1 }] } })).toEqual([]);
  });

  test('a field that is a list of one or of none is handed on as it is', async () => {
    expect(await value('$answer.citations', { answer: { citations: ['a'] } })).toEqual(['a']);
    expect(await value('$answer.citations', { answer: { citations: [] } })).toEqual([]);
  });

  test.each(['$x.missing', '$missing', '$sum', '$x.', '$number("x")', '$error("no")'])(
    '%s is a query evaluation error that names the expression',
    async (source) => {
      await expect(value(source, { x: {} })).rejects.toMatchObject({
        error: 'States.QueryEvaluationError',
        cause: expect.stringContaining(JSON.stringify(source)),
      });
    },
  );

  test('results are plain JSON', async () => {
    const list = await value('$map([1, 2], function($n) { $n * 2 })');
    expect(Object.keys(list as object)).toEqual(['0', '1']);
  });
});

describe('functions of Step Functions', () => {
  test.each([
    ['$parse("{\\"a\\":[1]}")', { a: [1] }],
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$range(0, 10, 5)', [0, 5, 10]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$hash("abc", "SHA-256")', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['$hash("abc", "MD5")', '900150983cd24fb0d6963f7d28e17f72'],
  ])('%s', async (source, expected) => {
    expect(await value(source)).toEqual(expected);
  });

  test.each([
    '$uuid()',
    '$random()',
    '$now()',
    '$millis()',
    '$shuffle([1, 2])',
    '$eval("1")',
    '$partition([1], 0)',
    '$range(0, 5000, 1)',
    '$range(0, 5, 0)',
    '$hash("abc", "CRC32")',
    '$parse("{")',
  ])('%s is refused', async (source) => {
    await expect(value(source)).rejects.toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});
