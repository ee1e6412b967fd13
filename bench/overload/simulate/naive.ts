/**
 * The pipeline as a team writes it first (`bench/naive`), on virtual time: a queue per stage, what fails
 * is tried again at once until the function's time is over, then the whole batch comes back.
 */
import type { System } from '#runtime/ports.ts';
import type { OpenRequest } from './book.ts';
import type { StoryProvider } from './provider.ts';
import { type Delivery, StoryQueue } from './queue.ts';

/** Of the function and of its messages' visibility. */
const TIMEOUT_SECONDS = 10;
/** Invocations of a stage at the same time. */
const WORKERS = 8;

interface NaiveWorld {
  readonly system: System;
  readonly provider: StoryProvider;
  readonly lagSeconds: () => number;
  readonly stages: number;
}

/** Takes everything that comes. */
export class NaivePipeline {
  readonly #world: NaiveWorld;
  readonly #queues: readonly StoryQueue<OpenRequest>[];

  constructor(world: NaiveWorld) {
    const { system, lagSeconds, stages } = world;
    const settings = { visibilitySeconds: TIMEOUT_SECONDS, lagSeconds };
    this.#world = world;
    this.#queues = Array.from({ length: stages }, () => new StoryQueue(system, settings));
    for (const [stage, queue] of this.#queues.entries()) {
      for (let worker = 0; worker < WORKERS; worker += 1) void this.#serve(queue, stage);
    }
  }

  begin(request: OpenRequest): void {
    request.asks();
    request.accepted();
    this.#queues[0]?.send(request);
  }

  async #serve(queue: StoryQueue<OpenRequest>, stage: number): Promise<never> {
    for (;;) {
      const batch = await queue.receive();
      const untilMs = this.#world.system.now() + TIMEOUT_SECONDS * 1000;
      const works = await Promise.all(
        batch.map((delivery) => this.#work(delivery, untilMs, stage)),
      );
      // A batch with one that did not end comes back as a whole.
      if (works.every((isDone) => isDone)) for (const delivery of batch) queue.delete(delivery);
    }
  }

  async #work(
    { message }: Delivery<OpenRequest>,
    untilMs: number,
    stage: number,
  ): Promise<boolean> {
    const { system, provider } = this.#world;
    while (system.now() < untilMs) {
      const { kind } = await provider.ask(untilMs - system.now());
      if (kind !== 'answer') continue;
      const next = this.#queues[stage + 1];
      if (next) next.send(message);
      else message.ends('answered');
      return true;
    }
    return false;
  }
}
