/**
 * Functions behind queues: containers that take batches, die, and are replaced.
 *
 * As the event source of Lambda: what the function does not return is deleted; of a function that died,
 * threw or overran its time nothing is.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { System } from '#runtime/ports.ts';
import type { Container } from './container.ts';
import type { Evidence } from './evidence.ts';
import type { Faults } from './faults.ts';
import type { Received, SimulatedQueue } from './queue.ts';
import type { Random } from './random.ts';

/** One deployed function in one container. */
export interface Instance {
  readonly container: Container;
  readonly handle: (
    event: SQSEvent,
    context: { getRemainingTimeInMillis(): number },
  ) => Promise<SQSBatchResponse>;
}

export interface QueueFunction {
  readonly queue: SimulatedQueue;
  readonly timeoutMs: number;
  readonly batchSize: number;
  readonly boot: () => Instance;
  /** Whether a message that is deleted now was still needed. */
  readonly isOwed: (body: string) => boolean;
}

export interface Surroundings {
  readonly system: System;
  readonly faults: Faults;
  readonly random: Random;
  readonly evidence: Evidence;
}

const WINDOWS_MS = [0, 0, 50, 1000, 3000] as const;

/** One concurrent execution of a function: a container after the other, for ever. */
export async function serveQueue(around: Surroundings, fn: QueueFunction): Promise<never> {
  let instance = fn.boot();
  for (;;) {
    await fn.queue.ready();
    // The event source collects for a while.
    await around.system.sleep(around.random.pick(WINDOWS_MS));
    const received = fn.queue.receive(around.random.between(1, fn.batchSize));
    if (received.length === 0) continue;
    const response = await invoke(around, fn, instance, received);
    if (response) acknowledge(around, fn, received, response);
    if (instance.container.isDead) instance = fn.boot();
  }
}

/** `null` when the function came to no answer. */
async function invoke(
  { system, faults }: Surroundings,
  { timeoutMs }: QueueFunction,
  { container, handle }: Instance,
  received: readonly Received[],
): Promise<SQSBatchResponse | null> {
  const untilMs = system.now() + timeoutMs;
  const ended = new AbortController();
  const killAfter = async (ms: number, why: string): Promise<void> => {
    await system.sleep(ms, ended.signal);
    if (!ended.signal.aborted) container.kill(why);
  };
  void killAfter(timeoutMs, 'it overran the time of its function');
  if (faults.strikes('killed')) void killAfter(faults.lasting('killed', 1, 20_000), 'killed');
  const handled = handle(batchOf(received), {
    getRemainingTimeInMillis: () => untilMs - system.now(),
  }).catch(() => null);
  const response = await Promise.race([handled, container.died]);
  ended.abort();
  return response === 'died' ? null : response;
}

function acknowledge(
  { faults, evidence }: Surroundings,
  { queue, isOwed }: QueueFunction,
  received: readonly Received[],
  response: SQSBatchResponse,
): void {
  const returned = new Set(response.batchItemFailures.map((item) => item.itemIdentifier));
  for (const { messageId, receiptHandle, body } of received) {
    if (returned.has(messageId) || faults.strikes('lost-ack')) continue;
    if (!queue.delete(receiptHandle)) continue;
    evidence.add(queue.name, { kind: 'acked', queue: queue.name, body, isOwed: isOwed(body) });
  }
}

const batchOf = (received: readonly Received[]): SQSEvent => ({
  Records: received.map((message) => ({
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedMs),
      SentTimestamp: String(message.firstReceivedMs),
      SenderId: 'simulation',
      ...(message.from !== null && {
        DeadLetterQueueSourceArn: `arn:aws:sqs:eu-west-1:123456789012:signalbox-test-${message.from}`,
      }),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  })),
});
