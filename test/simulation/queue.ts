/**
 * A standard queue as SQS has them: at least once, in any order, with visibility timeouts, and a
 * place for what was received too often.
 */
import { checkQueueMessage } from '#runtime/core/queue-message.ts';
import type { QueueMessage, System, WorkQueue } from '#runtime/ports.ts';
import type { Faults } from './faults.ts';
import type { Random } from './random.ts';

export interface Received {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** 1 at the first receive. */
  readonly receiveCount: number;
  readonly firstReceivedMs: number;
  /** The queue that gave it up before. */
  readonly from: string | null;
}

interface Stored {
  readonly messageId: string;
  readonly body: string;
  readonly from: string | null;
  visibleAtMs: number;
  receiveCount: number;
  firstReceivedMs: number;
}

export interface QueueSettings {
  readonly name: string;
  readonly visibilitySeconds: number;
  readonly maxReceiveCount: number;
  /** Takes what was received too often. */
  readonly bury: (body: string) => void;
}

const VISIBILITY_MAX_SECONDS = 12 * 60 * 60;
const NEVER_MS = 1e12;

export class SimulatedQueue implements WorkQueue {
  readonly name: string;
  readonly #settings: QueueSettings;
  readonly #system: System;
  readonly #faults: Faults;
  readonly #random: Random;
  readonly #messages = new Map<string, Stored>();
  #changed = new AbortController();
  #ids = 0;

  constructor(
    settings: QueueSettings,
    world: { readonly system: System; readonly faults: Faults; readonly random: Random },
  ) {
    this.name = settings.name;
    this.#settings = settings;
    this.#system = world.system;
    this.#faults = world.faults;
    this.#random = world.random;
  }

  async send(message: QueueMessage): Promise<void> {
    checkQueueMessage(message);
    this.#store(message, null);
  }

  /** Takes what another queue has given up. */
  inherit(body: string, from: string): void {
    this.#store({ body, delaySeconds: 0 }, from);
  }

  #store(message: Pick<QueueMessage, 'body' | 'delaySeconds'>, from: string | null): void {
    const lateMs = this.#faults.strikes('late-delivery')
      ? this.#faults.lasting('late-delivery', 500, 20_000)
      : 0;
    this.#ids += 1;
    const messageId = `${this.name}-${this.#ids}`;
    const visibleAtMs = this.#system.now() + message.delaySeconds * 1000 + lateMs;
    this.#messages.set(messageId, {
      messageId,
      body: message.body,
      from,
      visibleAtMs,
      receiveCount: 0,
      firstReceivedMs: 0,
    });
    this.#change();
  }

  async changeVisibility(
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ): Promise<{ readonly failed: readonly string[] }> {
    const refused = changes.filter((change) => !this.#hide(change));
    this.#change();
    return { failed: refused.map(({ receiptHandle }) => receiptHandle) };
  }

  /** Resolves when a message is visible. */
  async ready(): Promise<void> {
    for (;;) {
      const nextMs = Math.min(
        NEVER_MS + this.#system.now(),
        ...[...this.#messages.values()].map(({ visibleAtMs }) => visibleAtMs),
      );
      if (nextMs <= this.#system.now()) return;
      await this.#system.sleep(nextMs - this.#system.now(), this.#changed.signal);
    }
  }

  /** Up to `max` visible messages in any order; hides them. */
  receive(max: number): readonly Received[] {
    const nowMs = this.#system.now();
    const visible = [...this.#messages.values()].filter(({ visibleAtMs }) => visibleAtMs <= nowMs);
    const received: Received[] = [];
    for (const message of this.#random.shuffled(visible)) {
      if (received.length === max) break;
      if (message.receiveCount >= this.#settings.maxReceiveCount) this.#bury(message);
      else received.push(this.#handOut(message));
    }
    return received;
  }

  /** Acknowledges; a handle that a later receive has replaced deletes nothing. */
  delete(receiptHandle: string): boolean {
    const message = this.#held(receiptHandle);
    return message ? this.#messages.delete(message.messageId) : false;
  }

  get bodies(): readonly string[] {
    return [...this.#messages.values()].map(({ body }) => body);
  }

  get size(): number {
    return this.#messages.size;
  }

  #handOut(message: Stored): Received {
    const nowMs = this.#system.now();
    message.receiveCount += 1;
    message.firstReceivedMs ||= nowMs;
    // Handed out a second time although it is hidden: at least once is what was promised.
    message.visibleAtMs = this.#faults.strikes('duplicate-delivery')
      ? nowMs + this.#faults.lasting('duplicate-delivery', 0, 3000)
      : nowMs + this.#settings.visibilitySeconds * 1000;
    this.#change();
    const { messageId, body, from, receiveCount, firstReceivedMs } = message;
    const receiptHandle = `${messageId}#${receiveCount}`;
    return { messageId, receiptHandle, body, from, receiveCount, firstReceivedMs };
  }

  #bury(message: Stored): void {
    this.#messages.delete(message.messageId);
    this.#settings.bury(message.body);
  }

  #hide({ receiptHandle, seconds }: { receiptHandle: string; seconds: number }): boolean {
    const isAllowed =
      Number.isInteger(seconds) && seconds >= 0 && seconds <= VISIBILITY_MAX_SECONDS;
    const message = this.#held(receiptHandle);
    if (!isAllowed || !message || message.visibleAtMs <= this.#system.now()) return false;
    message.visibleAtMs = this.#system.now() + seconds * 1000;
    return true;
  }

  #held(receiptHandle: string): Stored | undefined {
    const [messageId = '', receiveCount] = receiptHandle.split('#');
    const message = this.#messages.get(messageId);
    return message && String(message.receiveCount) === receiveCount ? message : undefined;
  }

  #change(): void {
    this.#changed.abort('changed');
    this.#changed = new AbortController();
  }
}
