/**
 * A world around waits in virtual time: a run, the platform's queue, the router's and the reconciler's way
 * to them, and people who decide through the API.
 */
import './late-routes.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { RunRecord } from '#runtime/contracts/ledger.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import type { WaitInput } from '#runtime/contracts/wait.ts';
import { newEvent } from '#runtime/core/event.ts';
import { historyOf } from '#runtime/core/run-history.ts';
import { runViewOf } from '#runtime/core/run-view.ts';
import { acceptedEvent } from '#runtime/core/start-run.ts';
import type { ApiDependencies } from '#runtime/lambda/api/dependencies.ts';
import { fireTimers } from '#runtime/lambda/fire-timers.ts';
import { servePlatform } from '#runtime/lambda/serve-platform.ts';
import { settleDeadLetters } from '#runtime/lambda/settle-dead-letters.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import type { BeginPorts } from '#runtime/lambda/wait/begin-wait.ts';
import { resumeWaits } from '#runtime/lambda/wait/resume-waits.ts';
import { apiUnderTest } from '../unit/api/api-under-test.ts';
import { runRecord, taskMessage } from './steps.ts';
import { sqsBatch } from './stream-batch.ts';

/** A run id that the API takes for one. */
export const RUN = `run${'0'.repeat(22)}1`;

export const approval = (changes: Partial<Extract<WaitInput, { for: 'approval' }>> = {}) => ({
  for: 'approval' as const,
  title: 'Publish this report?',
  show: { report: 'Trains run late.' },
  options: ['approve', 'reject'],
  timeoutSeconds: 3600,
  ...changes,
});

export const eventWait = (event = 'payment.received', timeoutSeconds = 3600) => ({
  for: 'event' as const,
  event,
  timeoutSeconds,
});

export class WaitWorld {
  readonly api: ReturnType<typeof apiUnderTest>;
  #told = 0;

  /** @param around what the API, the platform's function and the router reach outside */
  constructor(around: (real: ApiDependencies) => ApiDependencies = (real) => real) {
    this.api = apiUnderTest(around);
  }

  get ports(): BeginPorts {
    return { ...this.api.dependencies, telemetry: SILENT };
  }

  /** Accepts the run, with an hour to work. */
  async accept(changes: Partial<RunRecord> = {}): Promise<void> {
    const at = this.#now();
    const record = runRecord({
      ...{ run: RUN, root: RUN, workflow: 'support', acceptedAt: at },
      deadlineAt: this.#now(3_600_000),
      ...changes,
    });
    await this.api.ledger.runs.put({ record, expectedRev: null });
    await this.api.events.append([acceptedEvent(record)]);
  }

  /** The message of a wait whose state is entered now; Step Functions waits for its token. */
  message(input: unknown, parts: Parameters<typeof taskMessage>[0] = {}): TaskMessage {
    const { run, step, ...message } = taskMessage({ run: RUN, path: 'publish', input, ...parts });
    this.#tasks.open(message.taskToken);
    return {
      ...message,
      run: { ...run, workflow: 'support', deadlineAt: this.#now(3_600_000) },
      step: { ...step, kind: 'wait', agent: 'platform', maxAttempts: 1, enteredAt: this.#now() },
    };
  }

  /** Hands a message to the platform's function. @returns whether the queue may forget it */
  async deliver(message: TaskMessage, ports = this.ports): Promise<boolean> {
    const { deadLetters } = this.api.ledger;
    const { batchItemFailures } = await servePlatform(
      { ...ports, deadLetters, telemetry: SILENT },
      sqsBatch([JSON.stringify(message)]),
    );
    return batchItemFailures.length === 0;
  }

  /** The dead-letter queue's consumer gets a message. */
  async giveUp(message: TaskMessage): Promise<void> {
    const { calls, deadLetters } = this.api.ledger;
    const dispatcher = { send: () => Promise.reject(new TypeError('nothing is sent')) };
    const { batchItemFailures } = await settleDeadLetters(
      {
        ...{ ...this.ports, steps: this.api.ledger.steps, system: this.api.system },
        ...{ calls, deadLetters, dispatcher, telemetry: SILENT },
      },
      { stage: 'test', retentionHours: 24 },
      sqsBatch([JSON.stringify(message)]),
    );
    if (batchItemFailures.length > 0) throw new TypeError('the letter comes again');
  }

  /** An event from outside, as `POST /events` leaves it; the router is told of it separately. */
  async post(type: string, data: unknown): Promise<SignalboxEvent> {
    this.#told += 1;
    const scope = { run: RUN, root: RUN, gen: 0, tenant: 'default', workflow: 'support', fence: 0 };
    const made = newEvent(
      { ...scope, source: 'signalbox/api' },
      { type, atMs: this.api.system.now(), data, ordinal: this.#told },
    );
    const event = { ...made, origin: made.id, hops: 0 };
    await this.api.dependencies.inbox.put(event);
    return event;
  }

  /** The router's word. */
  route = (event: SignalboxEvent, ports = this.ports): Promise<void> => resumeWaits(ports, event);

  /** The router gets the timers that are due. @returns how many there were */
  async fireTimers(): Promise<number> {
    const { dependencies, ledger, looks } = this.api;
    const due = looks.receive(10);
    const { batchItemFailures } = await fireTimers(
      { ...dependencies, ...ledger, telemetry: SILENT },
      new Map(),
      sqsBatch(due.map(({ body }) => body)),
    );
    if (batchItemFailures.length > 0) throw new TypeError('a timer comes again');
    for (const { receiptHandle } of due) looks.delete(receiptHandle);
    return due.length;
  }

  decide = (body: object, { run = RUN, path = 'publish' } = {}) =>
    this.api.ask({
      method: 'POST',
      path: `/runs/${run}/approvals/${encodeURIComponent(path)}`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });

  answerTo = ({ taskToken = '' }: TaskMessage) => this.#tasks.answerTo(taskToken);

  /** Step Functions waits no longer. */
  close = ({ taskToken = '' }: TaskMessage): void => this.#tasks.close(taskToken);

  record = async (): Promise<RunRecord> => {
    const record = await this.api.ledger.runs.read(RUN);
    if (!record) throw new TypeError('the run was not accepted');
    return record;
  };

  open = async () => (await this.api.ledger.waits.read(RUN))?.open ?? [];

  /** Events of the run, each once: what is told again must be the same (R4). */
  get events(): readonly SignalboxEvent[] {
    const own = this.api.events.events.filter(({ run }) => run === RUN);
    const contents = new Map(own.map((event) => [JSON.stringify(event), event]));
    const ids = new Set(own.map(({ id }) => id));
    if (contents.size !== ids.size) throw new TypeError('two events of one id differ');
    return [...contents.values()];
  }

  get types(): readonly string[] {
    return this.events.map(({ type }) => type.replace('signalbox.', ''));
  }

  view = () => runViewOf(this.events, this.api.system.now());
  history = () => historyOf(this.events);

  get #tasks() {
    return this.api.tasks;
  }

  #now(plusMs = 0): string {
    return new Date(this.api.system.now() + plusMs).toISOString();
  }
}

/** A run that waits, and the message of its wait. */
export async function askedWorld(input: unknown = approval()) {
  const world = new WaitWorld();
  await world.accept();
  const message = world.message(input);
  if (!(await world.deliver(message))) throw new TypeError('the wait was not opened');
  return { world, message };
}
