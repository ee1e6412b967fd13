import type { SQSClient } from '@aws-sdk/client-sqs';
import { timerMessage } from '#runtime/core/timer-message.ts';
import type { System, Timers } from '#runtime/ports.ts';
import { SqsWorkQueue } from './work-queue.ts';

/** Timers in an SQS queue. */
export class SqsTimers implements Timers {
  readonly #queue: SqsWorkQueue;
  readonly #system: System;

  constructor(options: {
    readonly client: SQSClient;
    readonly queueUrl: string;
    readonly system: System;
  }) {
    this.#queue = new SqsWorkQueue(options);
    this.#system = options.system;
  }

  put(timer: Parameters<Timers['put']>[0]): Promise<void> {
    return this.#queue.send(timerMessage(timer, this.#system.now()));
  }
}
