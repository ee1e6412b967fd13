import { expectTypeOf, test } from 'vitest';
import {
  type Expression,
  is,
  jsonata,
  orElse,
  type Ref,
} from '../../infra/constructs/expression.ts';
import { type LettersFlow, sortLetter, writeReply } from '../support/authoring.ts';

declare const flow: LettersFlow;
const { text, note } = flow.input;
const triage = flow.step('triage', sortLetter, { text });
const reply = flow.step('reply', writeReply, { text, tags: triage.output.tags });

test('references carry the types of the contracts', () => {
  expectTypeOf(text).toEqualTypeOf<Ref<string>>();
  expectTypeOf(note).toEqualTypeOf<Ref<string | undefined>>();
  expectTypeOf(triage.output.kind).toEqualTypeOf<Ref<'bill' | 'complaint' | 'other'>>();
  expectTypeOf(reply.output.polite).toExtend<Expression<boolean>>();
});

test('an input that is missing is a type error', () => {
  // @ts-expect-error `tags` is required
  flow.step('a', writeReply, { text });
  // @ts-expect-error nothing is given
  flow.step('b', sortLetter, {});
});

test('an input of the wrong type is a type error', () => {
  // @ts-expect-error a number where a text is wanted
  flow.step('a', sortLetter, { text: triage.output.pages });
  // @ts-expect-error a literal of the wrong type
  flow.step('b', sortLetter, { text: 5 });
  // @ts-expect-error a list of something else
  flow.step('c', writeReply, { text, tags: [triage.output.pages] });
  // @ts-expect-error the agent knows no such input
  flow.step('d', sortLetter, { text, urgency: 5 });
});

test('what may be missing at run time is no value until something stands in for it', () => {
  // @ts-expect-error `note` is optional in the workflow's input
  flow.step('a', sortLetter, { text: note });
  flow.step('b', sortLetter, { text: orElse(note, '') });
  // @ts-expect-error the stand-in has another type
  flow.step('c', sortLetter, { text: orElse(note, 5) });
});

test('an optional input may be left out', () => {
  flow.step('a', sortLetter, { text, urgent: true });
  flow.step('b', sortLetter, { text });
});

test('an output that the agent does not give is a type error', () => {
  // @ts-expect-error no such output
  flow.step('a', sortLetter, { text: triage.output.subject });
  // @ts-expect-error no such input of the workflow
  flow.step('b', sortLetter, { text: flow.input.body });
});

test('a misspelt literal is a type error', () => {
  // @ts-expect-error not one of the kinds
  is.equal(triage.output.kind, 'bil');
  // @ts-expect-error not one of the kinds
  is.oneOf(triage.output.kind, ['bill', 'complant']);
  is.equal(triage.output.kind, 'bill');
  is.oneOf(triage.output.kind, ['bill', 'complaint']);
});

test('a condition over the wrong type is a type error', () => {
  // @ts-expect-error a text is no condition
  is.true(triage.output.kind);
  // @ts-expect-error a text has no order
  is.atLeast(triage.output.kind, 5);
  // @ts-expect-error only lists can be empty
  is.empty(triage.output.pages);
});

test('an output of the run that does not fit is a type error', () => {
  // @ts-expect-error `reply` is missing
  flow.done('A', { outcome: 'filed' });
  // @ts-expect-error not an outcome
  flow.done('B', { outcome: 'lost', reply: '' });
  // @ts-expect-error a boolean where a text is wanted
  flow.done('C', { outcome: 'replied', reply: reply.output.polite });
  flow.done('D', { outcome: 'replied', reply: reply.output.reply });
});

test('the escape hatch is as typed as its author says', () => {
  flow.step('a', sortLetter, { text: jsonata<string>`$uppercase(${text})` });
  // @ts-expect-error declared as a number
  flow.step('b', sortLetter, { text: jsonata<number>`$length(${text})` });
});
