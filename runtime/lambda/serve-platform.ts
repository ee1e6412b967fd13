/**
 * The platform's own queue: steps that no agent works on, for they wait.
 *
 * Boundary: a batch of SQS records in; the records that have to come again are named. What a wait is:
 * `wait/begin-wait.ts`.
 * Invariants
 * Z1. A message leaves the queue once its wait is on record and told, or its step is answered.
 * Z2. A record that breaks comes again, and is given up after its queue's count of receives; the others
 *     of its batch go on.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { WAIT_SERVER } from '../contracts/wait.ts';
import { type ParsedMessage, parseMessage } from '../core/parse-message.ts';
import type { Verdict } from './delivery.ts';
import type { FinishPorts } from './door-ports.ts';
import { parkMalformed } from './park-malformed.ts';
import { type BeginPorts, beginWait } from './wait/begin-wait.ts';

export type PlatformPorts = BeginPorts &
  Pick<FinishPorts, 'deadLetters' | 'events' | 'tasks' | 'telemetry'>;

export async function servePlatform(
  ports: PlatformPorts,
  { Records: records }: SQSEvent,
): Promise<SQSBatchResponse> {
  const returned = await Promise.all(
    records.map(async (record) => {
      const verdict = await serve(ports, record);
      return verdict === 'done' ? [] : [{ itemIdentifier: record.messageId }];
    }),
  );
  ports.telemetry.flush();
  return { batchItemFailures: returned.flat() };
}

/** Never rejects: what breaks here concerns this message only. */
async function serve(ports: PlatformPorts, record: SQSRecord): Promise<Verdict> {
  const { messageId, body } = record;
  try {
    return await serveOne(ports, record, parseMessage(body, WAIT_SERVER));
  } catch (error) {
    ports.telemetry.log('error', 'a wait could not be served and comes again', {
      messageId,
      error,
    });
    return 'later';
  }
}

async function serveOne(
  ports: PlatformPorts,
  { messageId, body, attributes }: SQSRecord,
  parsed: ParsedMessage,
): Promise<Verdict> {
  switch (parsed.kind) {
    case 'message':
      await beginWait(ports, parsed.message);
      return 'done';
    case 'newer':
      ports.telemetry.log('warn', 'a message of a newer release goes back to the queue', {
        messageId,
        schemaVersion: parsed.schemaVersion,
      });
      return 'later';
    case 'malformed': {
      const firstReceivedMs = Number(attributes.ApproximateFirstReceiveTimestamp);
      return parkMalformed(ports, WAIT_SERVER, { messageId, body, firstReceivedMs }, parsed);
    }
  }
}
