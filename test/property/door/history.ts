/**
 * A step's history under faults.
 *
 * It is a list of fates: for each delivery, when its worker dies, how its answer goes, whether
 * the stream takes events and the queue copies, whether a second worker gets the same message at once,
 * what the agent's code does, whether the run is stopped. After them everything works. The orchestrator retries retryable failures with a new
 * token, as Step Functions does; a reaction, which has none, is retried by the door. SQS redelivers what
 * is not deleted.
 */
import fc from 'fast-check';
import { RetryableError, ThrottledError } from '#runtime/contracts/errors.ts';
import type { StepOutcome, StepRecord } from '#runtime/contracts/ledger.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { nextAttempt } from '#runtime/core/next-attempt.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import type { TaskAnswer, WorkQueue } from '#runtime/ports.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { attempt, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

export interface Fate {
  readonly death: { readonly at: number; readonly when: 'before' | 'after' } | undefined;
  readonly answer: 'given' | 'lost' | 'throttled';
  readonly stream: 'takes' | 'refuses';
  readonly isDoubled: boolean;
  readonly copy: 'sent' | 'refused' | 'doubted';
  readonly agent: 'works' | 'fails' | 'hangs' | 'throttled';
  readonly ack: 'given' | 'lost';
  /** The run is stopped after this delivery. */
  readonly isStopped: boolean;
  /** Seconds until the next delivery is looked for. */
  readonly pause: number;
}

const WELL: Fate = {
  death: undefined,
  answer: 'given',
  stream: 'takes',
  isDoubled: false,
  copy: 'sent',
  ack: 'given',
  agent: 'works',
  isStopped: false,
  pause: 31,
};

/** More interactions than a whole delivery has, so that some deaths come too late. */
const LATEST_DEATH = 35;

export const fate: fc.Arbitrary<Fate> = fc.record({
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
  copy: fc.constantFrom('sent', 'sent', 'refused', 'doubted'),
  agent: fc.constantFrom('works', 'works', 'fails', 'hangs', 'throttled', 'throttled'),
  ack: fc.constantFrom('given', 'given', 'given', 'lost'),
  isStopped: fc.constant(false),
  pause: fc.constantFrom(1, 15, 31, 70),
});

/** One step's history, and what was broken in it. */
export class History {
  readonly world = new DoorWorld();
  /** Effects that the world outside has seen, by key. */
  readonly performed: string[] = [];
  /** What a witness saw at the moment of an answer; throwing there would only return the message. */
  readonly violations: string[] = [];
  /** Ids of events that the ledger has held for somebody to tell. */
  readonly owed = new Set<string>();
  /** Calls, of models and effects, in deliveries that began after the stop. */
  callsAfterStop = 0;
  /** Copies that the queue has taken. */
  copies = 0;
  /** Outputs that the ledger has held as the step's success. */
  readonly successes = new Set<string>();
  readonly #policy: 'retry' | 'fail';
  #message: TaskMessage;
  #runs = 0;
  #isStopped = false;

  constructor(policy: 'retry' | 'fail', message: TaskMessage = taskMessage()) {
    this.#policy = policy;
    this.#message = message;
    this.world.dispatch(message);
  }

  /** True when the orchestrator has what it wants, or a reaction is not tried again. */
  get isOver(): boolean {
    const { taskToken } = this.#message;
    if (taskToken === undefined) return this.#hasFinalEnd;
    const answer = this.world.tasks.answerTo(taskToken);
    return answer !== null && !(answer.kind === 'failed' && answer.error === 'Agent.Retryable');
  }

  /** True while something is left to do, for the orchestrator or for a message. */
  get isBusy(): boolean {
    return !this.isOver || this.world.queue.size > 0;
  }

  async deliver(fate: Fate): Promise<void> {
    const { system, queue } = this.world;
    const callsBefore = this.#calls;
    const received = queue.receive();
    if (received.length > 0) {
      const workers = Array.from({ length: fate.isDoubled ? 2 : 1 }, () => {
        const life = new Life(fate.death);
        const ports = this.#witnessed(life.ports(this.#troubled(fate)));
        return Promise.race([
          this.world.work(this.#agent(fate, life), { ports, received, ack: fate.ack }),
          life.died,
        ]);
      });
      await system.run(Promise.all(workers));
    }
    this.#orchestrate();
    if (this.#isStopped) this.callsAfterStop += this.#calls - callsBefore;
    if (fate.isStopped) {
      await this.world.stop();
      this.#isStopped = true;
    }
    await system.advance(fate.pause * 1000);
  }

  get #hasFinalEnd(): boolean {
    const record = this.record();
    const last = record?.outcomes.at(-1);
    if (!record || !last || last.fence !== record.fence) return false;
    const { redrive, retry } = last.attempt;
    const message = {
      ...this.#message,
      step: { ...this.#message.step, attempt: { redrive, retry } },
    };
    return nextAttempt(message, last) === null;
  }

  get #calls(): number {
    return this.performed.length + this.world.model.prompts.length;
  }

  record(): StepRecord | null {
    return this.world.ledger.step({ run: 'run-1', path: 'answer' });
  }

  /** As Step Functions: a retryable failure with attempts left is dispatched again, with a new token. */
  #orchestrate(): void {
    const { step, taskToken } = this.#message;
    if (taskToken === undefined) return;
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
      if (fate.agent === 'throttled') throw new RetryableError('429', { code: 'MODEL_THROTTLED' });
      if (fate.agent === 'hangs') await this.world.system.sleep(100_000);
      return run;
    });
  }

  #troubled(fate: Fate): DoorPorts {
    const { tasks } = this.world;
    const ports = { ...this.world.ports, queue: this.#queueOf(fate) };
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

  #queueOf({ copy }: Fate): WorkQueue {
    const { queue } = this.world;
    return {
      changeVisibility: (changes) => queue.changeVisibility(changes),
      send: async (message) => {
        if (copy === 'refused') throw new TypeError('refused');
        await queue.send(message);
        this.copies += 1;
        if (copy === 'doubted') throw new TypeError('reset');
      },
    };
  }

  /** The same ports, watched: R3, R4 and R5 are checked at the moment of every answer, or of the retry in its place. */
  #witnessed(ports: DoorPorts): DoorPorts {
    return {
      ...ports,
      queue: {
        changeVisibility: (changes) => ports.queue.changeVisibility(changes),
        send: (message) => {
          this.#witnessRetry(JSON.parse(message.body));
          return ports.queue.send(message);
        },
      },
      tasks: {
        succeed: (answer) =>
          this.#witness(answer.taskToken, answer.output, () => ports.tasks.succeed(answer)),
        fail: (answer) =>
          this.#witness(answer.taskToken, answer.error, () => ports.tasks.fail(answer)),
      },
    };
  }

  #witnessRetry({ deferSeq, step: { path, attempt: next } }: TaskMessage): void {
    if (deferSeq !== undefined) return;
    const outcome = this.record()?.outcomes.find(
      ({ attempt: { retry } }) => retry === next.retry - 1,
    );
    if (!outcome || outcome.result.status === 'succeeded') {
      this.violations.push(
        `R3: ${path} is tried again as ${next.retry} without a recorded failure`,
      );
    }
    this.#witnessTold(`attempt ${next.retry} of ${path}`, outcome);
  }

  #witnessTold(who: string, outcome: StepOutcome | undefined): void {
    const published = new Set(this.world.events.events.map(({ id }) => id));
    for (const { id, type } of outcome?.events ?? []) {
      if (!published.has(id)) this.violations.push(`R4: ${who} got an answer before ${type}`);
    }
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
    this.#witnessTold(token, outcome);
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
    const { started = [], deferral } = this.record() ?? {};
    for (const { id } of [...started, ...(deferral?.events ?? [])]) this.owed.add(id);
    for (const { result } of this.record()?.outcomes ?? []) {
      if (result.status === 'succeeded') this.successes.add(JSON.stringify(result.output));
    }
  }
}

/** What an outcome's answer says: the output, or the name of the error. */
const wordsOf = ({ result }: StepOutcome): unknown =>
  result.status === 'succeeded' ? result.output : result.failure.name;

const HEALING_DELIVERIES = 40;

/** Lives through the fates, and then as long as it takes while everything works; the queue is empty at the end. */
export async function live(
  fates: readonly Fate[],
  policy: 'retry' | 'fail',
  message?: TaskMessage,
): Promise<History> {
  const history = new History(policy, message);
  await history.world.control();
  for (const fate of fates) {
    await history.deliver(fate);
    history.observe();
  }
  for (let i = 0; i < HEALING_DELIVERIES && history.isBusy; i += 1) {
    await history.deliver(WELL);
    history.observe();
  }
  return history;
}
