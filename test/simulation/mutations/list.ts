/**
 * The mutations. Each is one change that a person could make, and each breaks a promise; the comment of
 * its group says which part of the runtime it is about.
 */
import { EVENT_PLANE } from './event-plane.ts';
import { LIMITS } from './flow-control.ts';
import type { Mutation } from './mutation.ts';
import { RECOVERY } from './recovery.ts';

/** What is on record, and who may write it. */
const RECORDS: readonly Mutation[] = [
  {
    name: 'an outcome is written whatever the fence says',
    invariant: 'R5',
    file: 'runtime/core/settle-step.ts',
    find: "if (current.fence !== outcome.fence) return { kind: 'lost' };",
    replace: '',
    withinSeeds: 600,
  },
  {
    name: 'a lease is not looked at',
    invariant: 'R5',
    file: 'runtime/core/step.ts',
    find: 'if (restMs > 0 && !isEnded(record)) return',
    replace: 'if (restMs > 1e12 && !isEnded(record)) return',
    withinSeeds: 100,
  },
  {
    name: 'a claim does not raise the fence',
    invariant: 'R5',
    file: 'runtime/core/claim-step.ts',
    find: 'const fence = (record?.fence ?? FIRST_FENCE - 1) + 1;',
    replace: 'const fence = record?.fence ?? FIRST_FENCE;',
    withinSeeds: 100,
  },
  {
    name: 'starts are not counted',
    invariant: 'R8',
    file: 'runtime/core/step.ts',
    find: 'record.starts < MAX_STARTS',
    replace: 'record.starts < 1e9',
    withinSeeds: 100,
  },
  {
    name: 'a claim forgets the outcomes before it',
    invariant: 'R3',
    file: 'runtime/core/claim-step.ts',
    find: 'outcomes: (record?.outcomes ?? []).map(',
    replace: 'outcomes: (record?.outcomes ?? []).slice(0, 0).map(',
    withinSeeds: 100,
  },
  {
    name: 'a stale holder renews its lease',
    invariant: 'R5',
    file: 'runtime/core/claim-step.ts',
    find: 'if (current.fence !== fence || isEnded(current)) return null;',
    replace: '',
    withinSeeds: 100,
  },
  {
    name: 'an attempt that a newer one has followed runs again',
    invariant: 'R9',
    file: 'runtime/core/step.ts',
    find: "return order < 0 || isLate(record, message) ? { kind: 'ack' } : null;",
    replace: 'return null;',
    withinSeeds: 100,
  },
  {
    name: 'an attempt that has ended runs again',
    invariant: 'R3',
    file: 'runtime/core/step.ts',
    find: 'if (own && (order === 0 || attempt.gen !== record.attempt.gen)) {',
    replace: 'if (own && attempt.gen !== record.attempt.gen) {',
    withinSeeds: 100,
  },
];

/** The order of recording, publishing, answering, acknowledging. */
const ORDER: readonly Mutation[] = [
  {
    name: 'an answer goes out before its events',
    invariant: 'R4',
    file: 'runtime/lambda/answer.ts',
    find: 'if (events.length > 0) await ports.events.append(events);',
    replace: 'if (events.length > 0) void ports.events.append(events).catch(() => undefined);',
    withinSeeds: 100,
  },
  {
    name: 'a message is acknowledged although its step could not be recorded',
    invariant: 'R1',
    file: 'runtime/lambda/door.ts',
    find: "telemetry.log('error', 'a message goes back to the queue', { messageId, error });\n    return 'later';",
    replace: "return 'done';",
    withinSeeds: 100,
  },
  {
    name: 'a throttled answer is taken for given',
    invariant: 'R1',
    file: 'runtime/lambda/answer.ts',
    find: "error,\n    });\n    return 'later';",
    replace: "error,\n    });\n    return 'done';",
    withinSeeds: 100,
  },
  {
    name: 'a lost worker leaves its events untold',
    invariant: 'R4',
    file: 'runtime/lambda/work-on-step.ts',
    find: 'if (hasUntold(before, message)) {',
    replace: 'if (Math.random() > 2) {',
    withinSeeds: 100,
  },
  {
    name: 'an event that the stream did not confirm is forgotten',
    invariant: 'R4',
    file: 'runtime/lambda/event-journal.ts',
    find: 'return [...this.#unconfirmed.values()];',
    replace: 'return [];',
    withinSeeds: 100,
  },
  {
    name: 'the id of an event does not depend on the fence',
    invariant: 'R4',
    file: 'runtime/core/event.ts',
    find: 'step?.attempt, fence, fact.type',
    replace: 'step?.attempt, fact.type',
    withinSeeds: 100,
  },
];

/** Calls: effects, models, emissions. */
const CALLS: readonly Mutation[] = [
  {
    name: 'an effect begins without an intent on record',
    invariant: 'R2',
    file: 'runtime/core/effect.ts',
    find: "case 'started':\n      return {\n        kind: 'uncertain',",
    replace:
      "case 'started':\n      if (Math.random() < 2) return { kind: 'call' };\n      return {\n        kind: 'uncertain',",
    withinSeeds: 100,
  },
  {
    name: 'a recorded effect is performed again',
    invariant: 'R2',
    file: 'runtime/core/effect.ts',
    find: ": { kind: 'replay', result: record.result };",
    replace: ": { kind: 'call' };",
    withinSeeds: 100,
  },
  {
    name: 'every error says that an effect did not happen',
    invariant: 'R2',
    file: 'runtime/core/effect.ts',
    find: '!signal.aborted &&\n  ((thrown',
    replace: 'true ||\n  ((thrown',
    withinSeeds: 100,
  },
  {
    name: 'a failed attempt gets the old reply',
    invariant: 'R9',
    file: 'runtime/core/model-call.ts',
    find: 'failures: number): string =>',
    replace: '_: number, failures = 0): string =>',
    withinSeeds: 100,
  },
  {
    name: 'a retry does not know its past',
    invariant: 'R9',
    file: 'runtime/lambda/work-on-step.ts',
    find: 'past: failedBefore(claimed.outcomes, claimed.attempt),',
    replace: 'past: [],',
    withinSeeds: 100,
  },
  {
    name: 'runs share the key of an effect',
    invariant: 'R2',
    file: 'runtime/core/effect.ts',
    find: "hash([run, path, 'effect', name]);",
    replace: "hash([run.slice(0, 0), path, 'effect', name]);",
    withinSeeds: 100,
  },
  {
    name: 'the key of an effect changes with the start',
    invariant: 'R2',
    file: 'runtime/lambda/agent-context.ts',
    find: 'idempotencyKey: idempotencyKey(run.id, step.path, name),',
    replace: 'idempotencyKey: idempotencyKey(run.id, step.path, name + this.#attempt.parts.fence),',
    withinSeeds: 100,
  },
  {
    name: 'a crash asks the model again',
    invariant: 'R9',
    file: 'runtime/lambda/model-turn.ts',
    find: 'if (!record) return ask(',
    replace: 'if (!record || attempt.parts.fence > 0) return ask(',
    withinSeeds: 100,
  },
];

/** What costs nothing any more: past its deadline, stopped, superseded. */
const FENCES: readonly Mutation[] = [
  {
    name: 'nobody looks at the deadline',
    invariant: 'R6',
    file: 'runtime/core/step-fences.ts',
    find: 'if (run === null || message.reaction?.replay) return toldMs;',
    replace: 'if (run !== null) return Number.POSITIVE_INFINITY;',
    withinSeeds: 100,
  },
  {
    name: 'a stop is not looked at',
    invariant: 'R10',
    file: 'runtime/core/step-fences.ts',
    find: 'if (!run?.stop) return null;',
    replace: 'if (run !== undefined) return null;',
    withinSeeds: 200,
  },
  {
    name: 'a running step does not hear of a stop',
    invariant: 'R10',
    file: 'runtime/lambda/control-watch.ts',
    find: 'if (failure) close(failure);',
    replace: '',
    withinSeeds: 200,
  },
  {
    name: 'a generation that was followed works on',
    invariant: 'R6',
    file: 'runtime/core/step-fences.ts',
    find: 'if (run === null || run.run !== message.run.id || message.run.gen >= run.gen) return null;',
    replace: 'if (run !== undefined) return null;',
    withinSeeds: 200,
  },
  {
    name: 'a resumed run does its successes again',
    invariant: 'R4',
    file: 'runtime/core/step.ts',
    find: "if (success) return { kind: 'answer', outcome: success };",
    replace: '',
    withinSeeds: 100,
  },
];

/** What is put off. */
const DEFERRALS: readonly Mutation[] = [
  {
    name: 'a deferred message is acknowledged before its copy is sent',
    invariant: 'R1',
    file: 'runtime/lambda/defer-attempt.ts',
    find: `await ports.queue.send({
    body: copyBody(body, seq),
    delaySeconds: copyDelaySeconds(dueAtMs, ports.system.now()),
    group: message.run.tenant,
  });`,
    replace: `const copy = {
      body: copyBody(body, seq),
      delaySeconds: copyDelaySeconds(dueAtMs, ports.system.now()),
      group: message.run.tenant,
    };
    ports.queue.send(copy).catch(() => undefined);`,
    withinSeeds: 100,
  },
  {
    name: 'a deferral is not known for an end of its claim',
    invariant: 'R4',
    file: 'runtime/core/deferral.ts',
    find: 'record.deferral?.fence === record.fence;',
    replace: 'record.deferral?.fence === -1;',
    withinSeeds: 100,
  },
  {
    name: 'a deferral uses up all starts',
    invariant: 'R8',
    file: 'runtime/core/defer-step.ts',
    find: 'starts: current.starts - 1,',
    replace: 'starts: current.starts + 5,',
    withinSeeds: 100,
  },
];

/** Runs that were made of other ones. */
const FORKS: readonly Mutation[] = [
  {
    name: 'a fork performs new effects unasked',
    invariant: 'R2',
    file: 'runtime/core/effect.ts',
    find: 'if (origin && !origin.liveEffects) {',
    replace: 'if (origin === undefined) {',
    withinSeeds: 300,
  },
  {
    name: "a fork performs its origin's effects again",
    invariant: 'R2',
    file: 'runtime/core/effect.ts',
    find: "if (recorded?.state === 'succeeded') return { kind: 'take-over', from: recorded.run, recorded };",
    replace: '',
    withinSeeds: 300,
  },
];

/** What the stream does not take. */
const OUTBOX: readonly Mutation[] = [
  {
    name: 'an event that the stream refuses is dropped',
    invariant: 'R4',
    file: 'runtime/lambda/stream-or-outbox.ts',
    find: 'await second();',
    replace: '',
    withinSeeds: 100,
  },
  {
    name: 'an event leaves the outbox before the stream has it',
    invariant: 'R4',
    file: 'runtime/lambda/relay-outbox.ts',
    find: 'const fates = ',
    replace: 'await outbox.remove(events);\n    const fates = ',
    withinSeeds: 300,
  },
];

export const MUTATIONS: readonly Mutation[] = [
  ...RECORDS,
  ...ORDER,
  ...CALLS,
  ...FENCES,
  ...DEFERRALS,
  ...LIMITS,
  ...EVENT_PLANE,
  ...FORKS,
  ...OUTBOX,
  ...RECOVERY,
];
