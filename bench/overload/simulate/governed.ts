/**
 * The governed pipeline on virtual time: the real gate of quotas, and of the door around it what decides
 * when a call is made.
 *
 * Not modelled: ledger writes and their latency, events, budgets, Step Functions beyond its retries.
 */
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import type { QuotaTicket } from '#runtime/contracts/quota.ts';
import { secondsUntil } from '#runtime/core/come-back.ts';
import type { QuotaOutcome } from '#runtime/core/quota-outcome.ts';
import { type QuotaEntry, QuotaGate } from '#runtime/lambda/quota-gate.ts';
import type { QuotaLedger, System } from '#runtime/ports.ts';
import type { OpenRequest } from './book.ts';
import { StoryMeter } from './meter.ts';
import type { Reply, StoryProvider } from './provider.ts';
import { type Delivery, StoryQueue } from './queue.ts';

export const QUOTA = 'model:default';
export const WORKFLOW = 'story';

/** Of an attempt, from its start. */
const TIMEOUT_MS = 30_000;
/** A worker that died is found so late. */
const VISIBILITY_SECONDS = 30;
const RETRIES = 3;
const RETRY_BASE_SECONDS = 2;
export interface Admitted {
  readonly run: string;
  readonly tenant: string;
  readonly request: OpenRequest;
  readonly admittedMs: number;
  /** Virtual epoch milliseconds. */
  readonly deadlineMs: number;
  readonly lane?: 'fast';
}

interface Task extends Admitted {
  readonly stage: number;
  /** Failures of this step before. */
  readonly failures: number;
  /** When the attempt was handed to its queue; absent once a worker has had it. */
  readonly sentMs?: number;
  readonly turn?: HeldTurn;
}

/** A place, and when its holder was to set out for it. */
interface HeldTurn {
  readonly ticket: QuotaTicket;
  readonly wakeAtMs: number;
}

export interface GovernedWorld {
  readonly system: System;
  readonly provider: StoryProvider;
  readonly random: () => number;
  readonly lagSeconds: () => number;
  readonly stages: number;
  readonly limits: ConstructorParameters<typeof QuotaGate>[0]['limits'];
  /** Invocations of each stage at the same time, each with a batch of up to ten. */
  readonly workers: number;
  /** Share of attempts whose worker dies right after its call. */
  readonly crashShare: number;
}

export class GovernedPipeline {
  readonly quotas: QuotaLedger = new MemoryQuotaLedger();
  readonly meter: StoryMeter;
  readonly #world: GovernedWorld;
  readonly #queues: readonly StoryQueue<Task>[];

  constructor(world: GovernedWorld) {
    const { system, lagSeconds, stages, workers, limits } = world;
    const settings = { visibilitySeconds: VISIBILITY_SECONDS, lagSeconds };
    this.#world = world;
    this.meter = new StoryMeter(system, WORKFLOW);
    this.#queues = Array.from({ length: stages }, () => new StoryQueue<Task>(system, settings));
    for (const queue of this.#queues) {
      for (let worker = 0; worker < workers; worker += 1) {
        void this.#serve(queue, new QuotaGate({ quotas: this.quotas, system, limits }));
      }
    }
  }

  begin(admitted: Admitted): void {
    this.meter.accepted();
    this.#send({ ...admitted, stage: 0, failures: 0 }, 0);
  }

  #send(task: Omit<Task, 'sentMs'>, delaySeconds: number): void {
    const sentMs = this.#world.system.now() + delaySeconds * 1000;
    this.#queues[task.stage]?.send({ ...task, sentMs }, delaySeconds);
  }

  async #serve(queue: StoryQueue<Task>, gate: QuotaGate): Promise<never> {
    for (;;) {
      const batch = await queue.receive();
      await Promise.all(batch.map((delivery) => this.#work(queue, gate, delivery)));
    }
  }

  async #work(queue: StoryQueue<Task>, gate: QuotaGate, delivery: Delivery<Task>): Promise<void> {
    const { system, random, crashShare } = this.#world;
    const task = delivery.message;
    const beganMs = system.now();
    if (beganMs >= task.deadlineMs) {
      queue.delete(delivery);
      this.#end(task, 'expired');
      return;
    }
    const agent = agentOf(task);
    if (task.sentMs !== undefined && delivery.receives === 1) {
      this.meter.arrived(agent, beganMs - task.sentMs);
    }
    // A worker that runs renews its hold on the message; one that dies leaves it hidden to its end.
    const dies = random() < crashShare;
    if (!dies) queue.delete(delivery);
    const turn = delivery.receives > 1 ? undefined : task.turn;
    const ended = await this.#attempt(gate, task, turn);
    if (dies) return;
    if (ended.kind === 'later') {
      this.meter.deferred(agent);
      this.#defer(queue, gate, task, ended);
      return;
    }
    this.meter.ended(agent, system.now() - beganMs);
    if (ended.kind === 'answer') this.#goOn(task);
    else if (ended.kind === 'too-late' || system.now() >= task.deadlineMs)
      this.#end(task, 'expired');
    else this.#retry(task);
  }

  /** A call in its turn; one that the provider refuses lines up again. */
  async #attempt(
    gate: QuotaGate,
    task: Task,
    turn: HeldTurn | undefined,
  ): Promise<Reply | Exclude<QuotaEntry, { kind: 'go' }>> {
    const { system, provider } = this.#world;
    const untilMs = Math.min(task.deadlineMs, system.now() + TIMEOUT_MS);
    if (turn) gate.woken(turn.wakeAtMs);
    let held = turn?.ticket;
    for (;;) {
      const entry = await gate.enter(this.#requestOf(task), held);
      if (entry.kind !== 'go') return entry;
      const reply = await provider.ask(untilMs - system.now());
      await gate.report(entry.pass, outcomeOf(reply));
      if (reply.kind !== 'throttle') return reply;
      held = undefined;
    }
  }

  #goOn({ turn: _, ...task }: Task): void {
    const stage = task.stage + 1;
    if (stage === this.#queues.length) this.#end(task, 'answered');
    else this.#send({ ...task, stage, failures: 0 }, 0);
  }

  #end(task: Task, end: 'answered' | 'expired' | 'failed'): void {
    task.request.ends(end);
    if (end === 'answered') this.meter.succeeded(this.#world.system.now() - task.admittedMs);
    else this.meter.endedOtherwise();
  }

  #defer(
    queue: StoryQueue<Task>,
    gate: QuotaGate,
    { turn: _, sentMs: __, ...task }: Task,
    { dueAtMs, ticket }: Extract<QuotaEntry, { kind: 'later' }>,
  ): void {
    const wakeAtMs = dueAtMs - (ticket ? gate.leadMs(TIMEOUT_MS / 1000) : 0);
    const delaySeconds = secondsUntil(wakeAtMs, this.#world.system.now());
    queue.send({ ...task, ...(ticket && { turn: { ticket, wakeAtMs } }) }, delaySeconds);
  }

  /** As the state machine does: doubling waits, full jitter. */
  #retry({ turn: _, ...task }: Task): void {
    const failures = task.failures + 1;
    if (failures > RETRIES) this.#end(task, 'failed');
    else {
      const most = RETRY_BASE_SECONDS * 2 ** task.failures;
      this.#send({ ...task, failures }, this.#world.random() * most);
    }
  }

  #requestOf({ run, stage, tenant, lane, deadlineMs }: Task) {
    return {
      quota: QUOTA,
      call: `${run}/${stage}`,
      workflow: WORKFLOW,
      tenant,
      ...(lane && { lane }),
      deadlineMs,
      signal: NEVER,
    };
  }
}

const agentOf = ({ stage }: Task): string => `stage-${stage + 1}`;

const NEVER = new AbortController().signal;

function outcomeOf(reply: Reply): QuotaOutcome {
  switch (reply.kind) {
    case 'answer':
      return { kind: 'answered', usedTokens: 0 };
    case 'throttle':
      return { kind: 'throttled', retryAfterSeconds: reply.retryAfterSeconds };
    default:
      return { kind: 'unavailable' };
  }
}
