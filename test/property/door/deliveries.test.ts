/**
 * Whatever happens to the deliveries of a step, the promises hold.
 *
 * A history is a list of fates: for each delivery, when its worker dies, how its answer goes, whether
 * the stream takes events, whether a second worker gets the same message at once, whether the agent's
 * code fails. After them everything works. The orchestrator retries retryable failures with a new
 * token, as Step Functions does; SQS redelivers what is not deleted.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryableError, ThrottledError } from '#runtime/contracts/errors.ts';
import type { StepOutcome, StepRecord } from '#runtime/contracts/ledger.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { MAX_STARTS } from '#runtime/core/step.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import type { TaskAnswer } from '#runtime/ports.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { attempt, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

interface Fate {
  readonly death: { readonly at: number; readonly when: 'before' | 'after' } | undefined;
  readonly answer: 'given' | 'lost' | 'throttled';
  readonly stream: 'takes' | 'refuses';
  readonly isDoubled: boolean;
  readonly agent: 'works' | 'fails' | 'hangs';
  /** Seconds until the next delivery is looked for. */
  readonly pause: number;
}

const WELL: Fate = {
  death: undefined,
  answer: 'given',
  stream: 'takes',
  isDoubled: false,
  agent: 'works',
  pause: 31,
};

/** More interactions than a whole delivery has, so that some deaths come too late. */
const LATEST_DEATH = 30;

const fate: fc.Arbitrary<Fate> = fc.record({
  death: fc.option(
    fc.record({
      at: fc.integer({ min: 1, max: LATEST_DEATH }),
      when: fc.constantFrom('before', 'after'),
    }),
    { nil: undefined, freq: 2 },
  ),
  answer: fc.constantFrom('given', 'given', 'lost', 'throttled'),
  stream: fc.constantFrom('takes', 'takes', 'takes', 'refuses'),
  isDoubled: fc.boolean(),
  agent: fc.constantFrom('works', 'works', 'fails', 'hangs'),
  pause: fc.constantFrom(1, 15, 31, 70),
});

/** One step's history, and what was broken in it. */
class History {
  readonly world = new DoorWorld();
  /** Effects that the world outside has seen, by key. */
  readonly performed: string[] = [];
  /** What a witness saw at the moment of an answer; throwing there would only return the message. */
  readonly violations: string[] = [];
  /** Outputs that the ledger has held as the step's success. */
  readonly successes = new Set<string>();
  readonly #policy: 'retry' | 'fail';
  #message: TaskMessage = taskMessage();
  #runs = 0;

  constructor(policy: 'retry' | 'fail') {
    this.#policy = policy;
    this.world.dispatch(this.#message);
  }

  /** True when the orchestrator has what it wants. */
  get isOver(): boolean {
    const answer = this.world.tasks.answerTo(this.#message.taskToken);
    return answer !== null && !(answer.kind === 'failed' && answer.error === 'Agent.Retryable');
  }

  async deliver(fate: Fate): Promise<void> {
    const { system, queue } = this.world;
    const received = queue.receive();
    if (received.length > 0) {
      const workers = Array.from({ length: fate.isDoubled ? 2 : 1 }, () => {
        const life = new Life(fate.death);
        const ports = this.#witnessed(life.ports(this.#troubled(fate)));
        return Promise.race([
          this.world.work(this.#agent(fate, life), { ports, received }),
          life.died,
        ]);
      });
      await system.run(Promise.all(workers));
    }
    this.#orchestrate();
    await system.advance(fate.pause * 1000);
  }

  record(): StepRecord | null {
    return this.world.ledger.step({ run: 'run-1', path: 'answer' });
  }

  /** As Step Functions: a retryable failure with attempts left is dispatched again, with a new token. */
  #orchestrate(): void {
    const { step, taskToken } = this.#message;
    const answer = this.world.tasks.answerTo(taskToken);
    if (answer?.kind !== 'failed' || answer.error !== 'Agent.Retryable') return;
    this.#message = taskMessage({ attempt: attempt(step.attempt.retry + 1), maxAttempts: 1000 });
    this.world.dispatch(this.#message);
  }

  #agent(fate: Fate, life: Life) {
    return testAgent(async (ctx) => {
      this.#runs += 1;
      const run = this.#runs;
      await ask(ctx);
      const key = await ctx.effect('book', { whenUnknown: this.#policy }, (idempotencyKey) =>
        life.live(async () => {
          this.performed.push(idempotencyKey);
          return idempotencyKey;
        }),
      );
      await ctx.emit('room.booked', { room: key });
      if (fate.agent === 'fails') throw new RetryableError('not this time');
      if (fate.agent === 'hangs') await this.world.system.sleep(100_000);
      return run;
    });
  }

  #troubled(fate: Fate): DoorPorts {
    const { ports, tasks } = this.world;
    if (fate.stream === 'refuses') {
      return { ...ports, events: { append: () => Promise.reject(new ThrottledError('away')) } };
    }
    if (fate.answer === 'given') return ports;
    const answered = async (send: () => Promise<unknown>): Promise<never> => {
      if (fate.answer === 'lost') await send();
      throw fate.answer === 'lost' ? new TypeError('reset') : new ThrottledError('busy');
    };
    return {
      ...ports,
      tasks: {
        succeed: (answer) => answered(() => tasks.succeed(answer)),
        fail: (answer) => answered(() => tasks.fail(answer)),
      },
    };
  }

  /** The same ports, watched: R3, R4 and R5 are checked at the moment of every answer. */
  #witnessed(ports: DoorPorts): DoorPorts {
    return {
      ...ports,
      tasks: {
        succeed: (answer) =>
          this.#witness(answer.taskToken, answer.output, () => ports.tasks.succeed(answer)),
        fail: (answer) =>
          this.#witness(answer.taskToken, answer.error, () => ports.tasks.fail(answer)),
      },
    };
  }

  async #witness(
    token: string,
    answer: unknown,
    send: () => Promise<TaskAnswer>,
  ): Promise<TaskAnswer> {
    const outcomes = this.record()?.outcomes ?? [];
    const outcome =
      outcomes.find(({ result }) => result.status === 'succeeded') ??
      outcomes.find(({ attempt: { retry } }) => token.endsWith(`-0.0.${retry}`));
    const said = outcome && wordsOf(outcome);
    if (JSON.stringify(said) !== JSON.stringify(answer)) {
      this.violations.push(
        `R3: ${token} got ${JSON.stringify(answer)}, not ${JSON.stringify(said)}`,
      );
    }
    const published = new Set(this.world.events.events.map(({ id }) => id));
    for (const { id, type } of outcome?.events ?? []) {
      if (!published.has(id)) this.violations.push(`R4: ${token} got an answer before ${type}`);
    }
    const newest = `-0.0.${this.record()?.attempt.retry}`;
    const isOld = !token.endsWith(newest) && outcome?.result.status !== 'succeeded';
    const answered = await send();
    // An old one may still be said, to nobody: its message came together with its successor's.
    if (isOld && answered === 'answered') {
      this.violations.push(`R5: ${token} took an answer after attempt ${newest} was claimed`);
    }
    return answered;
  }

  /** What the ledger holds between deliveries. */
  observe(): void {
    for (const { result } of this.record()?.outcomes ?? []) {
      if (result.status === 'succeeded') this.successes.add(JSON.stringify(result.output));
    }
  }
}

/** What an outcome's answer says: the output, or the name of the error. */
const wordsOf = ({ result }: StepOutcome): unknown =>
  result.status === 'succeeded' ? result.output : result.failure.name;

const HEALING_DELIVERIES = 40;

async function live(fates: readonly Fate[], policy: 'retry' | 'fail'): Promise<History> {
  const history = new History(policy);
  for (const fate of fates) {
    await history.deliver(fate);
    history.observe();
  }
  for (let i = 0; i < HEALING_DELIVERIES && !history.isOver; i += 1) {
    await history.deliver(WELL);
    history.observe();
  }
  return history;
}

const fates = fc.array(fate, { maxLength: 10 });
const policies = fc.constantFrom('retry', 'fail');
const RUNS = { numRuns: 100 } as const;
const TIMEOUT_MS = 60_000;

test(
  'R3, R4, R5: any history of deliveries ends in one answer, recorded and published before',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const history = await live(given, policy);
        expect(history.isOver).toBe(true);
        expect(history.violations).toEqual([]);
        expect(history.successes.size).toBeLessThanOrEqual(1);
        const outcomes = history.record()?.outcomes ?? [];
        const ends = outcomes.filter(({ result }) => result.status === 'succeeded');
        expect(ends.length).toBeLessThanOrEqual(1);
        expect(ends.length === 0 || outcomes.at(-1) === ends[0]).toBe(true);
        expect(history.record()?.starts).toBeLessThanOrEqual(MAX_STARTS);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'R2: an effect is performed under one key, and once when its policy says so',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const { performed } = await live(given, policy);
        expect(new Set(performed).size).toBeLessThanOrEqual(1);
        if (policy === 'fail') expect(performed.length).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'R4: the same event id never has two contents, and an attempt emits once',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const { world } = await live(given, policy);
        const contents = Map.groupBy(world.events.events, ({ id }) => id);
        for (const events of contents.values()) {
          expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(1);
        }
        const emitted = [...contents.values()].flatMap(([event]) =>
          event?.type === 'room.booked' ? [event] : [],
        );
        expect(new Set(emitted.map((event) => event.attempt)).size).toBe(emitted.length);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'R4: every recorded outcome is told exactly once in the stream when the step is over',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const history = await live(given, policy);
        const ended = new Map(
          history.world.events.events
            .filter(({ type }) => ENDS.has(type))
            .map((event) => [event.id, event]),
        );
        const told = [...ended.values()].map((event) => event.attempt).sort();
        const recorded = (history.record()?.outcomes ?? [])
          .map(({ attempt: { redrive, retry } }) => `${redrive}.${retry}`)
          .sort();
        expect(told).toEqual(recorded);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

const ENDS = new Set([
  'signalbox.step.succeeded',
  'signalbox.step.failed',
  'signalbox.step.retried',
  'signalbox.step.expired',
]);

test(
  'R4: every event of a recorded call is in the stream when the step is over',
  async () => {
    await fc.assert(
      fc.asyncProperty(fates, policies, async (given, policy) => {
        const { world } = await live(given, policy);
        const told = new Set(world.events.events.map(({ id }) => id));
        const recorded = world.ledger.callsOf({ run: 'run-1', path: 'answer' });
        const untold = recorded.flatMap(({ call, events }) =>
          events.filter(({ id }) => !told.has(id)).map(({ type }) => `${call}: ${type}`),
        );
        expect(untold).toEqual([]);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);
