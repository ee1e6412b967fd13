/**
 * A reactive run on memory adapters: events that come in any order and any number of times, routers that
 * die at any await, or work two at a time, agents that answer late.
 */
import { setImmediate } from 'node:timers/promises';
import { MemoryInbox } from '#runtime/adapters/memory/inbox.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryTaskCallback } from '#runtime/adapters/memory/orchestrator.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { DeployedSubscriptions } from '#runtime/contracts/subscriptions.ts';
import { attemptOf, type TaskMessage } from '#runtime/contracts/task-message.ts';
import { attemptText } from '#runtime/core/attempt.ts';
import { emitCall } from '#runtime/core/emit-call.ts';
import { newEvent } from '#runtime/core/event.ts';
import { failed, failure } from '#runtime/core/failure.ts';
import { readTimer } from '#runtime/core/react/timer.ts';
import { stepEnded, stepScope } from '#runtime/core/step-events.ts';
import { fireTimers } from '#runtime/lambda/fire-timers.ts';
import { lookAtRun } from '#runtime/lambda/react/look-at-run.ts';
import type { ReactPorts } from '#runtime/lambda/react/react-ports.ts';
import { reactTo } from '#runtime/lambda/react/react-to.ts';
import type { WaitPorts } from '#runtime/lambda/wait/wait-ports.ts';
import { sampleRun, sampleStep } from '../conformance/samples.ts';
import { sqsBatch } from './stream-batch.ts';

export const RUN = 'r'.repeat(26);

/** Where a router dies: at the `at`-th thing that it does outside, before or after it took effect; 0: nowhere. */
export interface Death {
  readonly at: number;
  readonly when: 'before' | 'after';
}
export const ALIVE: Death = { at: 0, when: 'before' };

class Died extends Error {}

/** What an agent does with its input; `null`: it fails for good. */
export type Agents = Readonly<
  Record<
    string,
    (input: unknown) => readonly { readonly type: string; readonly data: unknown }[] | null
  >
>;

export class RouterWorld {
  readonly system = new VirtualSystem();
  readonly ledger = new MemoryLedger();
  readonly inbox = new MemoryInbox();
  /** Events that were told, in the order in which they came to be, each time that they were told. */
  readonly told: SignalboxEvent[] = [];
  /** Messages that were sent, in order, duplicates included. */
  readonly sent: { readonly agent: string; readonly message: TaskMessage }[] = [];
  /** Paths of reactions in the order in which their steps ended. */
  readonly ended: string[] = [];
  readonly violations: string[] = [];
  readonly #subscriptions: DeployedSubscriptions;
  readonly #agents: Agents;
  readonly #timers: string[] = [];
  /** Told and not delivered yet. */
  pending: SignalboxEvent[] = [];
  /** Sent and not worked on yet. */
  queue: TaskMessage[] = [];
  #externals = 0;

  constructor(subscriptions: DeployedSubscriptions, agents: Agents) {
    this.#subscriptions = subscriptions;
    this.#agents = agents;
  }

  async accept(deadlineSeconds = 3600): Promise<void> {
    const nowMs = this.system.now();
    const record = sampleRun(RUN, 1, {
      kind: 'reactive',
      workflow: this.#subscriptions.name,
      acceptedAt: new Date(nowMs).toISOString(),
      deadlineAt: new Date(nowMs + deadlineSeconds * 1000).toISOString(),
      progress: 'announced',
    });
    await this.ledger.runs.put({ record, expectedRev: null });
  }

  /** An event from outside; it is told, not delivered. */
  async external(type: string, data: unknown): Promise<SignalboxEvent> {
    await this.system.advance(1);
    const n = this.#externals;
    this.#externals += 1;
    const scope = { source: 'signalbox/api', run: RUN, root: RUN, gen: 0, tenant: 'default' };
    const made = newEvent(
      { ...scope, workflow: this.#subscriptions.name, fence: 0 },
      { type, atMs: this.system.now(), data, ordinal: n },
    );
    const event = { ...made, origin: made.id, hops: 0 };
    await this.inbox.put(event);
    this.pending.push(event);
    return event;
  }

  /** Ports of one invocation, which dies at some point, and yields to others at each. */
  ports(
    death: Death,
  ): ReactPorts & WaitPorts & { readonly deadLetters: MemoryLedger['deadLetters'] } {
    let done = 0;
    const at =
      <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        done += 1;
        const mine = done;
        if (death.at !== 0 && (mine > death.at || (mine === death.at && death.when === 'before'))) {
          throw new Died();
        }
        await setImmediate();
        const result = await act(...args);
        if (mine === death.at) throw new Died();
        return result;
      };
    const { runs, reactions, calls, deadLetters } = this.ledger;
    return {
      runs: { read: at((run) => runs.read(run)), put: at((write) => runs.put(write)) },
      reactions: {
        read: at((run) => reactions.read(run)),
        put: at((write) => reactions.put(write)),
      },
      calls: { read: at((key) => calls.read(key)), list: at((step) => calls.list(step)) },
      inbox: {
        read: at((key) => this.inbox.read(key)),
        list: at((run) => this.inbox.list(run)),
      },
      dispatcher: { send: at(async ({ agent, body }) => this.#send(agent, JSON.parse(body))) },
      timers: { put: at(async ({ body }) => void this.#timers.push(body)) },
      events: { append: at(async (events) => void this.told.push(...events)) },
      deadLetters,
      steps: this.ledger.steps,
      waits: this.ledger.waits,
      tasks: new MemoryTaskCallback(),
      system: this.system,
      telemetry: { log: () => undefined },
    };
  }

  #send(agent: string, message: TaskMessage): void {
    this.sent.push({ agent, message });
    this.queue.push(message);
  }

  /** @returns whether the router has survived; what it has not handled comes again */
  async deliver(events: readonly SignalboxEvent[], death = ALIVE): Promise<boolean> {
    try {
      await reactTo(this.ports(death), this.#subscriptions, events);
      return true;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      return false;
    }
  }

  /** Lets a while pass and brings the timers that come then. */
  async passMs(ms: number, death = ALIVE): Promise<void> {
    await this.system.advance(ms);
    const due = this.#timers.filter((body) => (readTimer(body)?.dueAtMs ?? 0) <= this.system.now());
    for (const body of due) this.#timers.splice(this.#timers.indexOf(body), 1);
    const subscribed = new Map([[this.#subscriptions.name, this.#subscriptions]]);
    const { batchItemFailures } = await fireTimers(this.ports(death), subscribed, sqsBatch(due));
    if (batchItemFailures.length > 0) this.#timers.push(...due);
  }

  /** The reconciler has somebody look at the run. */
  async look(
    subscribed = new Map([[this.#subscriptions.name, this.#subscriptions]]),
  ): Promise<void> {
    await lookAtRun(this.ports(ALIVE), subscribed, RUN);
  }

  /** When the next timer comes; `null` when none is ordered. */
  get nextTimerMs(): number | null {
    const due = this.#timers.map((body) => readTimer(body)?.dueAtMs ?? 0);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** An agent works on a message; what it was asked before it answers in the same way. */
  async work(message: TaskMessage): Promise<void> {
    const { path, agent } = message.step;
    const before = await this.ledger.steps.read({ steps: [{ run: RUN, path }], runs: [] });
    if (before.steps[0]) return;
    await this.system.advance(1);
    const emitted = this.#agents[agent]?.(message.input);
    if (emitted === undefined) throw new TypeError(`no agent ${agent}`);
    const record = sampleStep(RUN, 1, { path, agent });
    await this.ledger.steps.put({ record, expectedRev: null });
    const scope = stepScope(message, 1);
    const attempt = attemptText(attemptOf(message));
    for (const [ordinal, { type, data }] of (emitted ?? []).entries()) {
      const event = newEvent(scope, { type, data, ordinal, atMs: this.system.now() });
      const call = emitCall({ type, ordinal, gen: 0, attempt });
      const written = { run: RUN, path, call, rev: 1, fence: 1, state: 'succeeded' } as const;
      await this.ledger.calls.put({ record: { ...written, events: [event] }, expectedRev: null });
      this.pending.push(event);
    }
    const result =
      emitted === null
        ? failed(failure('TERMINAL', 'it cannot be done'))
        : ({ status: 'succeeded', output: {} } as const);
    this.ended.push(path);
    const atMs = this.system.now();
    this.pending.push(stepEnded(message, { fence: 1, attempt: 1, result, atMs, durationMs: 1 }));
  }

  /** Delivers and works until nothing is left to deliver or to work on, in order and without deaths. */
  async settle(): Promise<void> {
    while (this.pending.length > 0 || this.queue.length > 0) {
      const [message] = this.queue.splice(0, 1);
      if (message) await this.work(message);
      const events = this.pending.splice(0);
      await this.deliver(events);
    }
  }

  /** Lets time pass until the run has ended and no timer is left. */
  async finish(): Promise<void> {
    for (let rounds = 0; rounds < 100; rounds += 1) {
      await this.settle();
      const nextMs = this.nextTimerMs;
      if (nextMs === null) return;
      await this.passMs(Math.max(0, nextMs - this.system.now()));
    }
    this.violations.push('timers go on for ever');
  }

  /** Reactions by path; the same path with two messages is a violation. */
  reactions(): ReadonlyMap<string, { readonly agent: string; readonly message: TaskMessage }> {
    const byPath = new Map<string, { agent: string; message: TaskMessage }>();
    for (const one of this.sent) {
      const { path } = one.message.step;
      const known = byPath.get(path);
      if (known && JSON.stringify(known) !== JSON.stringify(one)) {
        this.violations.push(`${path} was sent with two messages`);
      }
      byPath.set(path, known ?? one);
    }
    return byPath;
  }

  /** Ids of the events that caused the reactions of a rule, in the order of the first sending. */
  causes(rule: string): readonly string[] {
    return [...this.reactions()].flatMap(([path, { message }]) =>
      path.startsWith(`${rule}@`) && message.reaction ? [message.reaction.cause] : [],
    );
  }

  /** Events of a type that the router has told, each once. */
  toldOf(type: string): readonly SignalboxEvent[] {
    const own = this.told.filter((event) => event.type === type);
    const byId = new Map(own.map((event) => [event.id, event]));
    for (const event of own) {
      if (JSON.stringify(byId.get(event.id)) !== JSON.stringify(event)) {
        this.violations.push(`${type} was told with two contents`);
      }
    }
    return [...byId.values()];
  }
}
