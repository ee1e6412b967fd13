import type { Dispatcher, WorkQueue } from '#runtime/ports.ts';

/** A queue in memory behind every agent's name. */
export class MemoryDispatcher implements Dispatcher {
  readonly #queues: ReadonlyMap<string, Pick<WorkQueue, 'send'>>;

  constructor(queues: ReadonlyMap<string, Pick<WorkQueue, 'send'>>) {
    this.#queues = queues;
  }

  async send({ agent, ...message }: Parameters<Dispatcher['send']>[0]): Promise<void> {
    const queue = this.#queues.get(agent);
    if (!queue) throw new Error(`there is no queue of an agent "${agent}"`);
    await queue.send(message);
  }
}
