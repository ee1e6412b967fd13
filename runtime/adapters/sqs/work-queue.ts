import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { checkQueueMessage } from '#runtime/core/queue-message.ts';
import type { QueueMessage, System, WorkQueue } from '#runtime/ports.ts';
import { retryBusy, sendUntilTaken } from '../resend.ts';

/** The largest batch of SQS. */
const BATCH = 10;
const BACKOFF = { attempts: 4, baseMs: 50, capMs: 500 };

interface Change {
  readonly receiptHandle: string;
  readonly seconds: number;
}

/** An SQS queue. */
export class SqsWorkQueue implements WorkQueue {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #system: System;

  constructor(options: {
    readonly client: SQSClient;
    readonly queueUrl: string;
    readonly system: System;
  }) {
    this.#client = options.client;
    this.#queueUrl = options.queueUrl;
    this.#system = options.system;
  }

  async changeVisibility(
    changes: readonly Change[],
  ): Promise<{ readonly failed: readonly string[] }> {
    const failed: string[] = [];
    const batches = Array.from({ length: Math.ceil(changes.length / BATCH) }, (_, i) =>
      changes.slice(i * BATCH, (i + 1) * BATCH),
    );
    await Promise.all(
      batches.map((batch) =>
        sendUntilTaken(
          { system: this.#system, backoff: BACKOFF, what: 'changing visibility' },
          batch,
          (left) => this.#change(left, failed),
        ),
      ),
    );
    return { failed };
  }

  async send(message: QueueMessage): Promise<void> {
    checkQueueMessage(message);
    const { body, delaySeconds, group } = message;
    const command = new SendMessageCommand({
      QueueUrl: this.#queueUrl,
      MessageBody: body,
      DelaySeconds: delaySeconds,
      MessageGroupId: group,
    });
    const options = { system: this.#system, backoff: BACKOFF, what: 'sending a message' };
    await retryBusy(options, () => this.#client.send(command));
  }

  /** Resolves with the changes that the service, for reasons of its own, could not make. */
  async #change(changes: readonly Change[], failed: string[]): Promise<readonly Change[]> {
    const { Failed: refused = [] } = await this.#client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: this.#queueUrl,
        Entries: changes.map(({ receiptHandle, seconds }, i) => ({
          Id: String(i),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        })),
      }),
    );
    const left: Change[] = [];
    for (const { Id: id, SenderFault: isSendersFault } of refused) {
      const change = changes[Number(id)];
      if (change && isSendersFault) failed.push(change.receiptHandle);
      else if (change) left.push(change);
    }
    return left;
  }
}
