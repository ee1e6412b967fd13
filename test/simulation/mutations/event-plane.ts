import type { Mutation } from './mutation.ts';

/** The router: what agents make of events. */
const ROUTER: readonly Mutation[] = [
  {
    name: 'a rule does not know which events it has seen',
    invariant: 'X1',
    file: 'runtime/core/react/event-rule.ts',
    find: 'if (!isMet(rule, event) || Object.hasOwn(seen, event.id)) return state;',
    replace: 'if (!isMet(rule, event)) return state;',
    withinSeeds: 20,
  },
  {
    name: 'a filter is not looked at',
    invariant: 'X1',
    file: 'runtime/core/react/event-rule.ts',
    find: 'event.type === type &&\n  Object',
    replace: 'event.type === type ||\n  Object',
    withinSeeds: 20,
  },
  {
    name: 'what could not be sent counts as sent',
    invariant: 'X1',
    file: 'runtime/lambda/react/perform-owed.ts',
    find: "fate.status === 'fulfilled' && fate.value.kind === 'done' ? [owed] : [],",
    replace: "fate.status !== 'fulfilled' || fate.value.kind === 'done' ? [owed] : [],",
    withinSeeds: 100,
  },
  {
    name: 'a serial rule does not wait for the end of what is under way',
    invariant: 'X2',
    file: 'runtime/core/react/event-rule.ts',
    find: 'return underWay.length === 0 && waiting.length === 0',
    replace: 'return waiting.length === 0',
    withinSeeds: 20,
  },
  {
    name: 'those that wait begin in the order in which they were heard of',
    invariant: 'X2',
    file: 'runtime/core/react/event-rule.ts',
    find: 'waiting.toSorted((a, b) => (isNewer(a.event, b.event) ? 1 : -1));',
    replace: 'waiting;',
    withinSeeds: 300,
  },
  {
    name: 'a rule for the latest takes an older event after a newer one',
    invariant: 'X3',
    file: 'runtime/core/react/event-rule.ts',
    find: 'if (newest !== undefined && position < newest) {',
    replace: 'if (newest === position) {',
    withinSeeds: 300,
  },
  {
    name: 'a join forgets that it has fired',
    invariant: 'J1',
    file: 'runtime/core/react/join-rule.ts',
    find: 'if (!join && Object.hasOwn(seen, key)) return state;',
    replace: '',
    withinSeeds: 100,
  },
  {
    name: 'a join takes events of any origin',
    invariant: 'J1',
    file: 'runtime/core/react/join-rule.ts',
    find: "const key = rule.per === 'run' ? WHOLE_RUN : reference.origin;",
    replace: 'const key = WHOLE_RUN;',
    withinSeeds: 100,
  },
  {
    name: 'the end of a step does not bring what it has emitted',
    invariant: 'B2',
    file: 'runtime/lambda/react/react-to.ts',
    find: 'if (namedTypes(rules).size === 0) return events;',
    replace: 'if (rules.length > 0) return events;',
    withinSeeds: 300,
  },
  {
    name: 'what a dead router has left is not done',
    invariant: 'R1',
    file: 'runtime/lambda/react/change-reactions.ts',
    find: 'if (next === current) return performOwed(ports, current, context);',
    replace: 'if (next === current) return;',
    withinSeeds: 300,
  },
  {
    name: 'a run is quiet although a reaction is under way',
    invariant: 'R1',
    file: 'runtime/core/react/ends.ts',
    find: 'if (!isIdle(state) || nowMs < quietEndMs(state, subscriptions)) return null;',
    replace: 'if (nowMs < quietEndMs(state, subscriptions)) return null;',
    withinSeeds: 100,
  },
];

/** The consumer library: order, and who has to wait for whom. */
const CONSUMERS: readonly Mutation[] = [
  {
    name: 'a poison event stops its batch',
    invariant: 'R8',
    file: 'runtime/core/consume/failure.ts',
    find: "if (!isDependency) return 'park';",
    replace: "if (!isDependency) return 'again';",
    withinSeeds: 60,
  },
  {
    name: 'an event is parked for a dependency that is away for all',
    invariant: 'R8',
    file: 'runtime/core/consume/failure.ts',
    find: "return othersHandled && ageMs >= PATIENCE_MS ? 'park' : 'again';",
    replace: "return ageMs >= 0 ? 'park' : 'again';",
    withinSeeds: 100,
  },
  {
    name: 'a batch that stops somewhere is dealt with',
    invariant: 'R8',
    file: 'runtime/lambda/batch-work.ts',
    find: 'this.#stoppedAt = Math.min(at, this.#stoppedAt ?? at);',
    replace: '',
    withinSeeds: 100,
  },
  {
    name: 'nobody is told of a parked event',
    invariant: 'R8',
    file: 'runtime/lambda/batch-work.ts',
    find: 'if (told) await this.#ports.events.append([told]);',
    replace: '',
    withinSeeds: 60,
  },
  {
    name: 'an open lane is passed by',
    invariant: 'K2',
    file: 'runtime/lambda/consume-events.ts',
    find: 'work.begin(events, open.get(run) ?? null)',
    replace: 'work.begin(events, null)',
    withinSeeds: 60,
  },
  {
    name: 'what stands in the batch behind a parked event is handled',
    invariant: 'K2',
    file: 'runtime/lambda/batch-work.ts',
    find: 'stuck = await this.#goOn(rest, lane);',
    replace: 'stuck = await this.#goOn(rest, lane && null);',
    withinSeeds: 60,
  },
  {
    name: 'a drain goes on behind what still fails',
    invariant: 'K2',
    file: 'runtime/lambda/drain-lanes.ts',
    find: 'if (failed) return { handled, ...(await stopAt(ports, entry, failed.error)) };',
    replace: 'if (failed) { await stopAt(ports, entry, failed.error); continue; }',
    withinSeeds: 60,
  },
];

/** The door without a token: nobody but the door tries a reaction again. */
const REACTIONS: readonly Mutation[] = [
  {
    name: 'a failed reaction is not tried again',
    invariant: 'R1',
    file: 'runtime/lambda/answer.ts',
    find: 'await tryAgain(ports, message, outcome);',
    replace: '',
    withinSeeds: 20,
  },
  {
    name: 'a next attempt that could not be sent counts as sent',
    invariant: 'R1',
    file: 'runtime/lambda/answer.ts',
    find: 'await tryAgain(ports, message, outcome);',
    replace: 'await tryAgain(ports, message, outcome).catch(() => undefined);',
    withinSeeds: 300,
  },
  {
    name: 'a reaction has no last attempt',
    invariant: 'R1',
    file: 'runtime/core/next-attempt.ts',
    find: 'return failure.retryable && made < step.maxAttempts;',
    replace: 'return failure.retryable && made < 1e9;',
    withinSeeds: 100,
  },
];

export const EVENT_PLANE: readonly Mutation[] = [...ROUTER, ...CONSUMERS, ...REACTIONS].map(
  (mutation) => ({ ...mutation, world: 'events' }),
);
