import { SignalboxError } from '#runtime/contracts/errors.ts';
import type { Dispatcher, WorkQueue } from '#runtime/ports.ts';

/** Of an agent that nobody has given a queue, as SQS refuses it. */
class UnknownQueueError extends SignalboxError {
  override readonly name = 'UnknownQueueError';
  readonly code = 'QUEUE_UNKNOWN';
}

/** A queue in memory behind every agent's name. */
export class MemoryDispatcher implements Dispatcher {
  readonly #queues: ReadonlyMap<string, Pick<WorkQueue, 'send'>>;

  constructor(queues: ReadonlyMap<string, Pick<WorkQueue, 'send'>>) {
    this.#queues = queues;
  }

  async send({ agent, ...message }: Parameters<Dispatcher['send']>[0]): Promise<void> {
    const queue = this.#queues.get(agent);
    if (!queue)
      throw new UnknownQueueError(`there is no queue "${agent}"; there are: ${this.#names}`);
    await queue.send(message);
  }

  get #names(): string {
    return [...this.#queues.keys()].join(', ') || 'none';
  }
}
