/**
 * The dead-letter queue's consumer: whatever was given up anywhere ends here.
 *
 * Boundary: a batch of SQS records in; the records that have to come again are named.
 * Invariants
 * Z1. A message leaves the queue once it is parked, or its step is answered from what is on record:
 *     nothing that was accepted ends in silence.
 * Z2. Nothing that the platform was given is run here: a message that killed its worker kills no other.
 * Z3. A record that breaks, or has to wait, comes again by itself; the others of its batch go on.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { fractionOf } from '../core/backoff.ts';
import { secondsAfterTrouble } from '../core/come-back.ts';
import type { Envelope } from '../core/dead-letter.ts';
import { type GivenUp, type Place, readGivenUp } from '../core/given-up.ts';
import { platformLetter } from '../core/platform-letter.ts';
import type { WorkQueue } from '../ports.ts';
import type { Verdict } from './delivery.ts';
import type { FinishPorts } from './door-ports.ts';
import { finishMessage } from './finish-message.ts';
import { parkMalformed } from './park-malformed.ts';

export interface DeadLetterPorts extends FinishPorts {
  readonly queue: Pick<WorkQueue, 'changeVisibility'>;
}

export async function settleDeadLetters(
  ports: DeadLetterPorts,
  place: Place,
  { Records: records }: SQSEvent,
): Promise<SQSBatchResponse> {
  const returned = await Promise.all(
    records.map(async (record) => {
      const verdict = await settle(ports, place, record);
      if (verdict === 'done') return [];
      await giveBack(ports, record, secondsAway(ports, record, verdict));
      return [{ itemIdentifier: record.messageId }];
    }),
  );
  ports.telemetry.flush();
  return { batchItemFailures: returned.flat() };
}

/** Never rejects: what breaks here concerns this message only. */
async function settle(ports: DeadLetterPorts, place: Place, record: SQSRecord): Promise<Verdict> {
  const { messageId } = record;
  try {
    return await settleOne(ports, envelopeOf(record), readGivenUp(givenUpOf(record), place));
  } catch (error) {
    ports.telemetry.log('error', 'a dead letter comes again', { messageId, error });
    return 'later';
  }
}

async function settleOne(
  ports: DeadLetterPorts,
  envelope: Envelope,
  givenUp: GivenUp,
): Promise<Verdict> {
  switch (givenUp.kind) {
    case 'task':
      return finishMessage(ports, givenUp.message);
    case 'malformed':
      return parkMalformed(ports, givenUp.agent, envelope, givenUp.malformed);
    case 'notice':
      return parkNotice(ports, envelope, givenUp);
  }
}

async function parkNotice(
  { deadLetters, telemetry }: DeadLetterPorts,
  { messageId: id, body, firstReceivedMs: arrivedMs }: Envelope,
  { from, why }: Extract<GivenUp, { kind: 'notice' }>,
): Promise<Verdict> {
  const letter = platformLetter(from, { id, arrivedMs, body }, why);
  await deadLetters.park(letter);
  telemetry.count('MessagesParked');
  telemetry.log('error', why.cause, { deadLetter: letter.id, code: why.code });
  return 'done';
}

const envelopeOf = ({ messageId, body, attributes }: SQSRecord): Envelope => ({
  messageId,
  body,
  firstReceivedMs: Number(attributes.ApproximateFirstReceiveTimestamp),
});

const givenUpOf = ({ body, attributes, messageAttributes }: SQSRecord) => ({
  body,
  sourceArn: attributes.DeadLetterQueueSourceArn,
  attributes: Object.fromEntries(
    Object.entries(messageAttributes).map(([name, { stringValue }]) => [name, stringValue]),
  ),
});

function secondsAway(
  { system }: DeadLetterPorts,
  { attributes }: SQSRecord,
  verdict: Exclude<Verdict, 'done'>,
): number {
  if (typeof verdict === 'object') return verdict.seconds;
  return secondsAfterTrouble({
    receiveCount: Number(attributes.ApproximateReceiveCount),
    fraction: fractionOf(system.randomId()),
  });
}

/** When it cannot be done, the message comes again after the queue's own time. */
async function giveBack(
  { queue, telemetry }: DeadLetterPorts,
  { receiptHandle, messageId }: SQSRecord,
  seconds: number,
): Promise<void> {
  try {
    await queue.changeVisibility([{ receiptHandle, seconds }]);
  } catch (error) {
    telemetry.log('warn', 'a dead letter could not be put off', { messageId, error });
  }
}
