/** The dead-letter queue behind a world's agent queue, and its consumer. */
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { MemoryDueRuns } from '#runtime/adapters/memory/due-runs.ts';
import { MemoryInbox } from '#runtime/adapters/memory/inbox.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryWorkQueue, type ReceivedMessage } from '#runtime/adapters/memory/work-queue.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import { type SettlePorts, settleDeadLetters } from '#runtime/lambda/settle-dead-letters.ts';
import type { DoorWorld } from './door-world.ts';
import { NOW, queued } from './steps.ts';

const STAGE = 'test';
const PLACE = { stage: STAGE, retentionHours: 24 };

/** What SQS and senders say beside a body. */
export interface Beside {
  readonly sourceQueue?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The consumer's ports in a world with one agent: its queue is the only one, and nothing waits. */
export const settlePorts = (ports: DoorPorts): SettlePorts => ({
  ...new MemoryLedger(),
  inbox: new MemoryInbox(),
  dueRuns: new MemoryDueRuns(),
  ...ports,
  dispatcher: { send: ({ agent: _, ...message }) => ports.queue.send(message) },
});

export class DeadLetterQueue {
  readonly queue: MemoryWorkQueue;
  readonly #world: DoorWorld;
  readonly #beside = new Map<string, Beside>();
  #moved = 0;

  constructor(world: DoorWorld) {
    this.#world = world;
    // A million receives are none too many: nothing stands behind this queue.
    this.queue = new MemoryWorkQueue(world.system, {
      visibilitySeconds: 180,
      maxReceiveCount: 1_000_000,
    });
  }

  /** Something arrives straight here. */
  async put(body: string, beside: Beside = {}): Promise<void> {
    this.#beside.set(body, beside);
    await this.queue.send(queued(body));
  }

  /** What the agent's queue has given up since arrives here. */
  async takeOver(): Promise<void> {
    const bodies = this.#world.queue.deadLetters.slice(this.#moved);
    this.#moved += bodies.length;
    for (const body of bodies) await this.put(body, { sourceQueue: 'test-agent' });
  }

  /** One invocation of the consumer with what is visible. */
  async settle(ports: DoorPorts = this.#world.ports): Promise<void> {
    const received = this.queue.receive();
    const event: SQSEvent = { Records: received.map((message) => this.#record(message)) };
    const { batchItemFailures: failures } = await settleDeadLetters(
      settlePorts(ports),
      PLACE,
      event,
    );
    const returned = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { messageId, receiptHandle } of received) {
      if (!returned.has(messageId)) this.queue.delete(receiptHandle);
    }
  }

  /** As `settle`, with as much virtual time as it takes. */
  run(ports?: DoorPorts): Promise<void> {
    return this.#world.system.run(this.settle(ports));
  }

  #record({ messageId, receiptHandle, body, receiveCount }: ReceivedMessage): SQSRecord {
    const { sourceQueue, attributes = {} } = this.#beside.get(body) ?? {};
    return {
      messageId,
      receiptHandle,
      body,
      attributes: {
        ApproximateReceiveCount: String(receiveCount),
        ApproximateFirstReceiveTimestamp: String(NOW),
        SentTimestamp: String(NOW),
        SenderId: 'test',
        ...(sourceQueue !== undefined && {
          DeadLetterQueueSourceArn: `arn:aws:sqs:eu-west-1:1:signalbox-${STAGE}-${sourceQueue}`,
        }),
      },
      messageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, stringValue]) => [
          name,
          { stringValue, dataType: 'String' },
        ]),
      ),
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: '',
      awsRegion: '',
    };
  }
}
