/**
 * What a consumer's replay queue tells it: work on a replay, or drain lanes.
 *
 * Boundary: a batch of SQS records in; a message whose work failed comes again.
 * Invariant RP5: a message is done only when what is left of its work stands in another message, or
 * nothing is left.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import { type ReplayMessage, ReplayMessageSchema } from '../contracts/replay.ts';
import { parseJson } from '../core/parse-json.ts';
import type { System } from '../ports.ts';
import type { Consumer } from './consume-events.ts';
import { drainOpenLanes, type OpenLanePorts } from './drain-open-lanes.ts';
import { type ReplayPorts, replayEvents, type SliceEnd } from './replay-events.ts';
import type { Telemetry } from './telemetry.ts';

export interface ReplayOrderPorts extends ReplayPorts, OpenLanePorts {
  /** To the consumer's own replay queue. */
  readonly sendAgain: (body: string, delaySeconds: number) => Promise<void>;
  readonly system: System;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** One message's work: well below the function's 60 s, so that a slow event in the last piece fits in. */
const SLICE_MS = 20_000;

export async function takeReplayOrders(
  ports: ReplayOrderPorts,
  consumer: Consumer,
  { Records: records }: SQSEvent,
): Promise<SQSBatchResponse> {
  const results = await Promise.all(
    records.map(async (record) => ((await take(ports, consumer, record)) ? [] : [failed(record)])),
  );
  return { batchItemFailures: results.flat() };
}

const failed = ({ messageId }: SQSRecord) => ({ itemIdentifier: messageId });

/** True when the message is done. */
async function take(
  ports: ReplayOrderPorts,
  consumer: Consumer,
  { body, messageId }: SQSRecord,
): Promise<boolean> {
  const { telemetry } = ports;
  const parsed = z.safeParse(ReplayMessageSchema, parseJson(body));
  if (!parsed.success) {
    // It goes to the dead-letter queue in the end, whose consumer parks it with its cause.
    telemetry.log('error', 'a message is no order to replay', { messageId });
    return false;
  }
  const message = parsed.data;
  try {
    const end = await carryOut(ports, consumer, message);
    if (end.kind === 'again') await ports.sendAgain(body, end.seconds);
    return true;
  } catch (error) {
    telemetry.log('warn', 'an order to replay comes again', { ...message, error });
    return false;
  }
}

const carryOut = (
  ports: ReplayOrderPorts,
  consumer: Consumer,
  message: ReplayMessage,
): Promise<SliceEnd> => {
  const untilMs = ports.system.now() + SLICE_MS;
  return message.kind === 'replay'
    ? replayEvents(ports, consumer, message.id, untilMs)
    : drainOpenLanes(ports, consumer, { run: message.run, untilMs });
};
