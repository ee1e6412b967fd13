/**
 * What every stage of the naive pipeline is made of: take a batch, do the work, hand on.
 *
 * Boundary: as a team writes it first, and left so on purpose. What fails is tried again at once until
 * the function's time is over; then the whole batch comes back, what had gone well included. Nothing
 * knows a deadline, a rate, or whether a message was seen before.
 */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import type { Grade, History, Lead } from '../../../functions/lead-qualification/contracts.ts';

/** A lead on its way through the pipeline: every stage adds what it found. */
export interface Item {
  readonly id: string;
  readonly lead: Lead;
  readonly segment?: string;
  readonly history?: History | null;
  readonly score?: number;
  readonly grade?: Grade;
}

export const stage =
  (work: (item: Item) => Promise<Item>, handOn: (item: Item) => Promise<unknown> = toNextQueue) =>
  async ({ Records }: SQSEvent): Promise<void> => {
    await Promise.all(
      Records.map(async ({ body }) => handOn(await untilItWorks(() => work(JSON.parse(body))))),
    );
  };

const sqs = new SQSClient({});

const toNextQueue = (item: Item) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: process.env.NEXT_QUEUE_URL,
      MessageBody: JSON.stringify(item),
    }),
  );

async function untilItWorks<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      // Again, at once.
    }
  }
}

/** JSON of a service. @throws Error for every other answer than a success */
export async function call(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

export const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
