import { checkQueueMessage } from '#runtime/core/queue-message.ts';
import type { QueueDepth, QueueMessage, System, WorkQueue } from '#runtime/ports.ts';

/** A message as the queue hands it out; the names are those of an SQS record. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** 1 at the first receive. */
  readonly receiveCount: number;
}

interface StoredMessage {
  readonly messageId: string;
  readonly body: string;
  visibleAtMs: number;
  receiveCount: number;
  receiptHandle: string | null;
}

/** The longest that SQS hides a message, in seconds. */
const VISIBILITY_MAX_SECONDS = 12 * 60 * 60;

/** The largest batch that SQS hands out. */
const RECEIVE_MAX = 10;

/**
 * A queue in memory: at-least-once, with visibility timeouts on the system's clock. A message that was
 * received `maxReceiveCount` times goes to `deadLetters` instead of being received again.
 */
export class MemoryWorkQueue implements WorkQueue {
  readonly #system: System;
  readonly #visibilityMs: number;
  readonly #maxReceiveCount: number;
  readonly #messages = new Map<string, StoredMessage>();
  readonly #deadLetters: string[] = [];

  constructor(
    system: System,
    settings: { readonly visibilitySeconds: number; readonly maxReceiveCount: number },
  ) {
    this.#system = system;
    this.#visibilityMs = settings.visibilitySeconds * 1000;
    this.#maxReceiveCount = settings.maxReceiveCount;
  }

  async changeVisibility(
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ): Promise<{ readonly failed: readonly string[] }> {
    const refused = changes.filter((change) => !this.#change(change));
    return { failed: refused.map((change) => change.receiptHandle) };
  }

  async send(message: QueueMessage): Promise<void> {
    checkQueueMessage(message);
    const { body, delaySeconds } = message;
    const messageId = this.#system.randomId();
    this.#messages.set(messageId, {
      messageId,
      body,
      visibleAtMs: this.#system.now() + delaySeconds * 1000,
      receiveCount: 0,
      receiptHandle: null,
    });
  }

  /** Hands out up to `max` (1 to 10) visible messages, oldest first, and hides them. */
  receive(max = RECEIVE_MAX): readonly ReceivedMessage[] {
    const received: ReceivedMessage[] = [];
    for (const message of this.#messages.values()) {
      if (received.length === Math.min(max, RECEIVE_MAX)) break;
      if (message.visibleAtMs > this.#system.now()) continue;
      if (message.receiveCount >= this.#maxReceiveCount) this.#bury(message);
      else received.push(this.#handOut(message));
    }
    return received;
  }

  /** Acknowledges; a handle that a later receive has replaced deletes nothing. */
  delete(receiptHandle: string): void {
    const message = this.#held(receiptHandle);
    if (message) this.#messages.delete(message.messageId);
  }

  /** Messages that are neither deleted nor dead, hidden ones included. */
  get size(): number {
    return this.#messages.size;
  }

  get depth(): QueueDepth {
    const messages = [...this.#messages.values()];
    const hidden = messages.filter(({ visibleAtMs }) => visibleAtMs > this.#system.now());
    const inFlight = hidden.filter(({ receiveCount }) => receiveCount > 0).length;
    return {
      visible: messages.length - hidden.length,
      inFlight,
      delayed: hidden.length - inFlight,
    };
  }

  /** Bodies of the messages that were received too often. */
  get deadLetters(): readonly string[] {
    return this.#deadLetters;
  }

  #handOut(message: StoredMessage): ReceivedMessage {
    message.receiveCount += 1;
    message.visibleAtMs = this.#system.now() + this.#visibilityMs;
    message.receiptHandle = this.#system.randomId();
    const { messageId, body, receiveCount, receiptHandle } = message;
    return { messageId, body, receiveCount, receiptHandle };
  }

  #bury(message: StoredMessage): void {
    this.#messages.delete(message.messageId);
    this.#deadLetters.push(message.body);
  }

  #change(change: { readonly receiptHandle: string; readonly seconds: number }): boolean {
    const { receiptHandle, seconds } = change;
    const isAllowed =
      Number.isInteger(seconds) && seconds >= 0 && seconds <= VISIBILITY_MAX_SECONDS;
    const message = this.#held(receiptHandle);
    if (!isAllowed || !message || message.visibleAtMs <= this.#system.now()) return false;
    message.visibleAtMs = this.#system.now() + seconds * 1000;
    return true;
  }

  #held(receiptHandle: string): StoredMessage | undefined {
    return [...this.#messages.values()].find((message) => message.receiptHandle === receiptHandle);
  }
}
