import { timerMessage } from '#runtime/core/timer-message.ts';
import type { System, Timers, WorkQueue } from '#runtime/ports.ts';

/** Timers in a queue in memory. */
export class MemoryTimers implements Timers {
  readonly #queue: Pick<WorkQueue, 'send'>;
  readonly #system: Pick<System, 'now'>;

  constructor(queue: Pick<WorkQueue, 'send'>, system: Pick<System, 'now'>) {
    this.#queue = queue;
    this.#system = system;
  }

  put(timer: Parameters<Timers['put']>[0]): Promise<void> {
    return this.#queue.send(timerMessage(timer, this.#system.now()));
  }
}
