/** Workers on a queue that hands out its visible messages in any order, as SQS does. */
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import type { AgentCode } from '#runtime/lambda/agent-code.ts';
import type { QueueMessage } from '#runtime/ports.ts';
import { DoorWorld, Life } from './door-world.ts';

interface Message {
  readonly body: string;
  readonly id: string;
  visibleAtMs: number;
  receiveCount: number;
}

const BATCH = 10;
const MAX_RECEIVE_COUNT = 12;
const VISIBILITY_MS = 450_000;
const POLL_MS = 1000;

export class Fleet {
  readonly world = new DoorWorld();
  readonly #fraction: () => number;
  readonly #messages = new Map<string, Message>();
  #copies = 0;
  /** Messages that the queue gave up. */
  readonly givenUp: string[] = [];

  /** @param fraction a number from 0 to 1, for the order of messages */
  constructor(fraction: () => number) {
    this.#fraction = fraction;
  }

  dispatch(message: TaskMessage): void {
    const id = message.run.id;
    if (message.taskToken !== undefined) this.world.tasks.open(message.taskToken);
    const visibleAtMs = this.world.system.now();
    this.#messages.set(id, { body: JSON.stringify(message), id, visibleAtMs, receiveCount: 0 });
  }

  /** `workers` of them take a batch each, claim its steps, and are killed a second later. */
  async loseWorkers(workers: number, code: AgentCode): Promise<void> {
    const lives = Array.from({ length: workers }, () => new Life());
    const ends = lives.map((life) => Promise.race([this.#invoke(code, life), life.died]));
    await this.world.system.advance(1000);
    for (const life of lives) life.kill();
    await this.world.system.run(Promise.all(ends));
  }

  /** Lets `workers` work until nothing is left. */
  async workOff(workers: number, code: AgentCode): Promise<void> {
    const worker = async (): Promise<void> => {
      while (this.#messages.size > 0) {
        if (!(await this.#invoke(code, new Life()))) await this.world.system.sleep(POLL_MS);
      }
    };
    await this.world.system.run(Promise.all(Array.from({ length: workers }, worker)));
  }

  /** False when there was nothing to receive. */
  async #invoke(code: AgentCode, life: Life): Promise<boolean> {
    const received = this.#receive();
    if (received.length === 0) return false;
    const ports = life.ports({ ...this.world.ports, queue: this });
    const records = received.map(({ id, body, receiveCount }) => ({
      messageId: id,
      receiptHandle: `${id}#${receiveCount}`,
      body,
      receiveCount,
    }));
    const { batchItemFailures } = await this.world.work(code, { ports, received: records });
    const returned = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { id } of received) if (!returned.has(id)) this.#messages.delete(id);
    return true;
  }

  async changeVisibility(
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ): Promise<{ readonly failed: readonly string[] }> {
    for (const { receiptHandle, seconds } of changes) {
      const [id = '', receiveCount] = receiptHandle.split('#');
      const message = this.#messages.get(id);
      if (String(message?.receiveCount) !== receiveCount || !message) continue;
      message.visibleAtMs = this.world.system.now() + seconds * 1000;
    }
    return { failed: [] };
  }

  async send({ body, delaySeconds }: QueueMessage): Promise<void> {
    this.#copies += 1;
    const id = `copy-${this.#copies}`;
    const visibleAtMs = this.world.system.now() + delaySeconds * 1000;
    this.#messages.set(id, { body, id, visibleAtMs, receiveCount: 0 });
  }

  #receive(): readonly Message[] {
    const nowMs = this.world.system.now();
    const visible = [...this.#messages.values()]
      .filter(({ visibleAtMs }) => visibleAtMs <= nowMs)
      .map((message) => ({ message, at: this.#fraction() }))
      .sort((a, b) => a.at - b.at)
      .map(({ message }) => message);
    for (const { id } of visible.filter((message) => message.receiveCount >= MAX_RECEIVE_COUNT)) {
      this.#messages.delete(id);
      this.givenUp.push(id);
    }
    const received = visible.filter(({ id }) => this.#messages.has(id)).slice(0, BATCH);
    for (const message of received) {
      message.receiveCount += 1;
      message.visibleAtMs = nowMs + VISIBILITY_MS;
    }
    return received.map((message) => ({ ...message }));
  }
}
