/** Waits under everything that can happen to them: crashes at any write, in any order, any number of times. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { workDeadlineAt } from '#runtime/core/wait/waited-deadline.ts';
import type { ApiDependencies } from '#runtime/lambda/api/dependencies.ts';
import { approval, eventWait, RUN, WaitWorld } from '../../support/wait-world.ts';

/** Lets so many writes happen, then dies at one: before or after it took effect. */
class Fate {
  left = Number.POSITIVE_INFINITY;
  isAfter = false;

  risky =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      this.left -= 1;
      const dies = this.left === 0;
      if (dies && !this.isAfter) throw new RangeError('crashed');
      const result = await act(...args);
      if (dies) throw new RangeError('crashed');
      return result;
    };

  around = (real: ApiDependencies): ApiDependencies => ({
    ...real,
    steps: { ...real.steps, put: this.risky(real.steps.put) },
    waits: { ...real.waits, put: this.risky(real.waits.put) },
    runs: { ...real.runs, put: this.risky(real.runs.put) },
    dueRuns: {
      put: this.risky((entry) => real.dueRuns.put(entry)),
      due: (query) => real.dueRuns.due(query),
      remove: (entry) => real.dueRuns.remove(entry),
    },
    events: { append: this.risky((events) => real.events.append(events)) },
    tasks: {
      succeed: this.risky((answer) => real.tasks.succeed(answer)),
      fail: this.risky((answer) => real.tasks.fail(answer)),
    },
  });
}

/** A question, the same one of a newer attempt, and two waits for one type of event. */
function messagesOf(world: WaitWorld) {
  const newer = { attempt: { gen: 0, redrive: 0, retry: 1 }, taskToken: 'token-newer' };
  return {
    ask: world.message(approval()),
    askAgain: world.message(approval(), newer),
    first: world.message(eventWait(), { path: 'first', taskToken: 'token-first' }),
    second: world.message(eventWait(), { path: 'second', taskToken: 'token-second' }),
  };
}

const action = fc.oneof(
  fc.constantFrom(
    ...(['ask', 'askAgain', 'first', 'second'] as const).map((name) => ({
      kind: 'deliver' as const,
      name,
    })),
  ),
  fc.constantFrom(
    { kind: 'approve' as const },
    { kind: 'reject' as const },
    { kind: 'post' as const },
  ),
  fc.record({ kind: fc.constant('route' as const), n: fc.nat(3) }),
);
const step = fc.record({
  action,
  /** At which write it dies, if at one. */
  dies: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  isAfter: fc.boolean(),
});

test('R3, R4, W1, W2, Q1: one end each, one wait an event, one content an id, whatever dies', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      const fate = new Fate();
      const world = new WaitWorld(fate.around);
      await world.accept();
      const messages = messagesOf(world);
      const posted: SignalboxEvent[] = [];
      for (const { action, dies, isAfter } of steps) {
        fate.left = dies ?? Number.POSITIVE_INFINITY;
        fate.isAfter = isAfter;
        await perform(world, messages, posted, action).catch(died);
        await world.api.system.advance(1000);
      }
      fate.left = Number.POSITIVE_INFINITY;
      await heal(world, messages, posted);
      await check(world, messages);
    }),
    { numRuns: 100 },
  );
});

function died(error: unknown): void {
  if (!(error instanceof RangeError)) throw error;
}

type Messages = ReturnType<typeof messagesOf>;

async function perform(
  world: WaitWorld,
  messages: Messages,
  posted: SignalboxEvent[],
  action: { readonly kind: string; readonly name?: keyof Messages; readonly n?: number },
): Promise<void> {
  switch (action.kind) {
    case 'deliver':
      await world.deliver(messages[action.name ?? 'ask']);
      return;
    case 'post':
      posted.push(await world.post('payment.received', { n: posted.length }));
      return;
    case 'route': {
      const event = posted[action.n ?? 0];
      if (event) await world.route(event);
      return;
    }
    default:
      await world.decide({ decision: action.kind, by: action.kind });
  }
}

/** Everything comes again, as queues and the stream bring it; then enough of it for every wait to end. */
async function heal(world: WaitWorld, messages: Messages, posted: SignalboxEvent[]): Promise<void> {
  for (const message of Object.values(messages)) expect(await world.deliver(message)).toBe(true);
  while (posted.length < 2) posted.push(await world.post('payment.received', { n: posted.length }));
  for (const event of posted) await world.route(event);
  await world.decide({ decision: 'approve', by: 'approve' });
  await world.api.system.advance(60_000);
  await world.api.reconcile();
}

async function check(world: WaitWorld, messages: Messages): Promise<void> {
  expect(await world.open()).toEqual([]);
  const outputs = new Map<string, unknown>();
  for (const { path, outcomes } of await world.api.ledger.steps.list(RUN)) {
    expect(
      outcomes.map(({ result }) => result.status),
      path,
    ).toEqual(['succeeded']);
    const [outcome] = outcomes;
    if (outcome?.result.status === 'succeeded') outputs.set(path, outcome.result.output);
  }
  // What is on record is what was answered, to whomever waits.
  expect(answered(world, [messages.ask, messages.askAgain])).toEqual(outputs.get('publish'));
  expect(answered(world, [messages.first])).toEqual(outputs.get('first'));
  expect(answered(world, [messages.second])).toEqual(outputs.get('second'));
  expect(outputs.get('first')).not.toEqual(outputs.get('second'));
  const ends = world.events.filter(({ type }) => type === 'signalbox.step.succeeded');
  expect(ends.map(({ subject }) => subject).sort()).toEqual(['first', 'publish', 'second']);
  const record = await world.record();
  expect(workDeadlineAt(record)).toBe('2026-01-01T01:00:00.000Z');
  expect(record.waits?.every(({ isOpen }) => !isOpen)).toBe(true);
  expect(world.view()?.deadlineAt).toBe(record.deadlineAt);
  expect(JSON.stringify(world.events)).not.toMatch(/token-/);
}

/** The answer that all of the tasks that were answered got. */
function answered(world: WaitWorld, messages: readonly TaskMessage[]): unknown {
  const answers = messages.flatMap((message) => {
    const answer = world.answerTo(message);
    return answer?.kind === 'succeeded' ? [answer.output] : [];
  });
  expect(new Set(answers.map((output) => JSON.stringify(output))).size).toBe(1);
  return answers[0];
}
