import type { Condition } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, test } from 'vitest';
import { evaluate } from '#runtime/testing/interpreter/evaluate.ts';
import { is, jsonata, not, orElse, ref, render } from '../../infra/constructs/expression.ts';

interface Letter {
  readonly kind: 'bill' | 'complaint' | 'other';
  readonly pages: number;
  readonly tags: readonly string[];
  readonly sender?: string | undefined;
  readonly 'reply to': { readonly in: string };
}
const letter = ref<Letter>('$letter');
const value = (expression: unknown, output: object) =>
  evaluate(render(expression), { letter: output });

describe('references', () => {
  test('render to their place', () => {
    expect(render(letter)).toBe('{% $letter %}');
    expect(render({ a: [letter.pages], b: { c: letter.kind }, d: 5, e: undefined })).toEqual({
      a: ['{% $letter.pages %}'],
      b: { c: '{% $letter.kind %}' },
      d: 5,
    });
  });

  test('fields whose names are no names in JSONata are quoted', async () => {
    expect(render(letter['reply to'].in)).toBe('{% $letter.`reply to`.`in` %}');
    expect(await value(letter['reply to'].in, { 'reply to': { in: 'Bern' } })).toBe('Bern');
  });

  test('a backtick in a field name is refused', () => {
    const odd = ref<{ readonly 'a`b': string }>('$odd');
    expect(() => odd['a`b']).toThrow('field "a`b" has a backtick');
  });

  test.each([
    ['spread', () => ({ ...letter.pages })],
    ['serialised', () => JSON.stringify({ letter })],
    ['put into a text', () => `${letter.pages}`],
    ['joined to a text', () => `page ${String(letter.pages)}`],
  ])('one that is %s throws, naming it', (_how, misuse) => {
    expect(misuse).toThrow(/"\$letter(\.pages)?" is a reference/);
  });
});

describe('literals', () => {
  test.each(['{% $states.context %}', '{% open', ' {% $a %} ', '50 %}', '%}'])(
    'the text %j, which Step Functions would take for an expression, is refused',
    (text) => {
      expect(() => render({ a: [{ b: text }] })).toThrow(
        `"a[0].b" is the text ${JSON.stringify(text)}: what starts with "{%" or ends with "%}"`,
      );
    },
  );

  test.each(['50 %', 'x {% $y %} z', '{', '', '{{% a'])('the text %j is kept', (text) => {
    expect(render(text)).toBe(text);
  });

  test.each([
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a URL', new URL('https://signalbox.dev')],
    ['a RegExp', /x/],
    ['a Buffer', Buffer.from('x')],
    ['5 (bigint)', 5n],
    ['NaN (number)', Number.NaN],
    ['Infinity (number)', Number.POSITIVE_INFINITY],
    ['Symbol(x) (symbol)', Symbol('x')],
    ['undefined (undefined)', undefined],
  ])('%s is refused by its place', (what, value) => {
    expect(() => render({ letter: { pages: [1, value] } })).toThrow(
      `"letter.pages[1]" is ${what}, which JSON does not have. Allowed: texts, finite numbers,`,
    );
  });

  test('all that JSON has is kept', () => {
    const value = { a: [1, -0.5, true, false, null, 'text', {}], b: { c: [] } };
    expect(render(value)).toEqual(value);
  });
});

describe('jsonata', () => {
  test('interpolates references and literals, and keeps backslashes', async () => {
    const matches = jsonata<boolean>`$contains(${letter.kind}, /^b\w+$/) and ${letter.pages} in ${[1, 2]}`;
    expect(await value(matches, { kind: 'bill', pages: 2 })).toBe(true);
    expect(await value(matches, { kind: 'bill', pages: 3 })).toBe(false);
  });

  test('quotes literals', async () => {
    const quoted = jsonata<string>`${letter.kind} & ${'"\\ and `'}`;
    expect(await value(quoted, { kind: 'a' })).toBe('a"\\ and `');
  });

  test('stays one operand inside another expression', async () => {
    const sum = jsonata<number>`${letter.pages} + 1`;
    expect(await value(jsonata<number>`${sum} * 2`, { pages: 2 })).toBe(6);
  });

  test('an escaped backtick quotes a field name', async () => {
    expect(
      await value(jsonata<string>`${letter}.\`reply to\`.\`in\``, { 'reply to': { in: 'Bern' } }),
    ).toBe('Bern');
  });
});

describe('orElse and not', () => {
  test('orElse stands in for what is missing, not for null or false', async () => {
    expect(await value(orElse(letter.sender, 'nobody'), {})).toBe('nobody');
    expect(await value(orElse(letter.sender, 'nobody'), { sender: 'Ann' })).toBe('Ann');
    expect(await value(orElse(letter.sender, 'nobody'), { sender: null })).toBe(null);
    expect(await value(orElse(letter.sender, 'nobody'), { sender: false })).toBe(false);
  });

  test('not negates', async () => {
    expect(await value(not(jsonata<boolean>`${letter.pages} = 1`), { pages: 1 })).toBe(false);
  });
});

describe('conditions', () => {
  const cases: readonly (readonly [string, Condition, object, boolean])[] = [
    ['equal', is.equal(letter.kind, 'bill'), { kind: 'bill' }, true],
    ['equal', is.equal(letter.kind, 'bill'), { kind: 'other' }, false],
    ['equal', is.equal(letter.sender, 'Ann'), {}, false],
    ['oneOf', is.oneOf(letter.kind, ['bill', 'other']), { kind: 'other' }, true],
    ['oneOf', is.oneOf(letter.kind, ['bill']), { kind: 'other' }, false],
    ['atLeast', is.atLeast(letter.pages, 3), { pages: 3 }, true],
    ['atLeast', is.atLeast(letter.pages, 3), { pages: 2 }, false],
    ['below', is.below(letter.pages, 3), { pages: 2 }, true],
    ['below', is.below(letter.pages, 3), { pages: 3 }, false],
    ['present', is.present(letter.sender), { sender: 'Ann' }, true],
    ['present', is.present(letter.sender), {}, false],
    ['empty', is.empty(letter.tags), { tags: [] }, true],
    ['empty', is.empty(letter.tags), { tags: ['a'] }, false],
    ['true', is.true(jsonata<boolean>`${letter.pages} = 1`), { pages: 1 }, true],
    ['false', is.false(jsonata<boolean>`${letter.pages} = 1`), { pages: 1 }, false],
  ];

  test.each(cases)('is.%s %o over %j: %s', async (_name, condition, output, expected) => {
    const { Condition: template } = condition.renderCondition();
    expect(await evaluate(template, { letter: output })).toBe(expected);
  });
});
