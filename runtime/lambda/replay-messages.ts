import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import { type ReplayMessage, ReplayMessageSchema } from '../contracts/replay.ts';
import { parseJson } from '../core/parse-json.ts';
import type { System } from '../ports.ts';
import type { SliceEnd } from './replay-events.ts';
import type { Telemetry } from './telemetry.ts';

export interface MessagePorts {
  /** To the queue that the message came from. */
  readonly sendAgain: (body: string, delaySeconds: number) => Promise<void>;
  readonly system: System;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** One message's work: well below the function's 60 s, so that a slow event in the last piece fits in. */
const SLICE_MS = 20_000;

/**
 * Does the work of messages of a replay queue; those whose work failed come again.
 * Invariant RP5: a message is done only when what is left of its work stands in another message, or
 * nothing is left.
 */
export async function eachReplayMessage(
  ports: MessagePorts,
  { Records: records }: SQSEvent,
  work: (message: ReplayMessage, untilMs: number) => Promise<SliceEnd>,
): Promise<SQSBatchResponse> {
  const failures = await Promise.all(
    records.map(async (record) => ((await isDone(ports, record, work)) ? [] : [failed(record)])),
  );
  return { batchItemFailures: failures.flat() };
}

const failed = ({ messageId }: SQSRecord) => ({ itemIdentifier: messageId });

async function isDone(
  { sendAgain, system, telemetry }: MessagePorts,
  { body, messageId }: SQSRecord,
  work: (message: ReplayMessage, untilMs: number) => Promise<SliceEnd>,
): Promise<boolean> {
  const parsed = z.safeParse(ReplayMessageSchema, parseJson(body));
  if (!parsed.success) {
    // It goes to the dead-letter queue in the end, whose consumer parks it with its cause.
    telemetry.log('error', 'a message is no order to replay', { messageId });
    return false;
  }
  try {
    const end = await work(parsed.data, system.now() + SLICE_MS);
    if (end.kind === 'again') await sendAgain(body, end.seconds);
    return true;
  } catch (error) {
    telemetry.log('warn', 'an order to replay comes again', { ...parsed.data, error });
    return false;
  }
}
