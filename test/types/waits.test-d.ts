import { expectTypeOf, test } from 'vitest';
import * as z from 'zod/mini';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { is, orElse, type Ref } from '../../infra/constructs/expression.ts';
import type { Flow } from '../../infra/constructs/flow.ts';
import type { LettersFlow } from '../support/authoring.ts';

const orders = workflowContract({
  name: 'orders',
  deadlineSeconds: 600,
  input: z.object({ title: z.string() }),
  output: z.object({ by: z.string() }),
  events: {
    'payment.received': z.object({ amount: z.number() }),
    'payment.refused': z.object({ reason: z.string() }),
  },
});
declare const flow: Flow<typeof orders>;
declare const withoutEvents: LettersFlow;

test('a wait gives the data of the event that it waits for', () => {
  const paid = flow.waitFor('paid', { event: 'payment.received', timeoutSeconds: 60 });
  expectTypeOf(paid.output.amount).toEqualTypeOf<Ref<number>>();
  // @ts-expect-error the data of the other type
  paid.output.reason;
});

test('an event that the contract does not declare is a type error', () => {
  // @ts-expect-error misspelt
  flow.waitFor('paid', { event: 'payment.recieved', timeoutSeconds: 60 });
  // @ts-expect-error the contract has no events at all
  withoutEvents.waitFor('paid', { event: 'payment.received', timeoutSeconds: 60 });
});

test('a wait without an end is a type error', () => {
  // @ts-expect-error `timeoutSeconds` is missing
  flow.waitFor('paid', { event: 'payment.received' });
  // @ts-expect-error `timeoutHours` is missing
  flow.approval('ship', { title: 'Ship?' });
});

test('an approval gives one of its options, or timed_out', () => {
  const plain = flow.approval('ship', { title: 'Ship?', timeoutHours: 1 });
  expectTypeOf(plain.output.decision).toEqualTypeOf<Ref<'approve' | 'reject' | 'timed_out'>>();
  const options = ['gift', 'sell'] as const;
  const own = flow.approval('how', { title: flow.input.title, options, timeoutHours: 1 });
  expectTypeOf(own.output.decision).toEqualTypeOf<Ref<'gift' | 'sell' | 'timed_out'>>();
  is.equal(own.output.decision, 'timed_out');
  // @ts-expect-error not one of the options
  is.equal(own.output.decision, 'approve');
  // @ts-expect-error a number is no option
  flow.approval('bad', { title: 'Ship?', options: [1, 2], timeoutHours: 1 });
});

test('who has decided may be nobody', () => {
  const { output } = flow.approval('ship', { title: 'Ship?', timeoutHours: 1 });
  expectTypeOf(output.by).toEqualTypeOf<Ref<string | undefined>>();
  // @ts-expect-error nobody, when none has decided in time
  flow.done('Done', { by: output.by });
  flow.done('Said', { by: orElse(output.by, 'nobody') });
});
