/**
 * The dead-letter queue's consumer: whatever was given up anywhere ends here.
 *
 * Boundary: a batch of SQS records in; the records that have to come again are named.
 * Invariants
 * Z1. A message leaves the queue once it is parked, or its step is answered from what is on record:
 *     nothing that was accepted ends in silence.
 * Z2. Nothing that the platform was given is run here: a message that killed its worker kills no other.
 * Z3. A record that breaks, or has to wait, comes again when its queue hides it no longer, as often as
 *     it takes: no queue stands behind this one. The others of its batch go on.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { TaskMessage } from '../contracts/task-message.ts';
import type { Envelope } from '../core/dead-letter.ts';
import { type GivenUp, type Place, readGivenUp } from '../core/given-up.ts';
import { platformLetter } from '../core/platform-letter.ts';
import type { Dispatcher } from '../ports.ts';
import type { Verdict } from './delivery.ts';
import type { FinishPorts } from './door-ports.ts';
import { finishMessage } from './finish-message.ts';
import { parkMalformed } from './park-malformed.ts';
import type { BeginPorts } from './wait/begin-wait.ts';

/** As for one step, with the queues of all agents. */
export type SettlePorts = Omit<FinishPorts, 'queue'> &
  BeginPorts & { readonly dispatcher: Dispatcher };

export async function settleDeadLetters(
  ports: SettlePorts,
  place: Place,
  { Records: records }: SQSEvent,
): Promise<SQSBatchResponse> {
  const returned = await Promise.all(
    records.map(async (record) => {
      const verdict = await settle(ports, place, record);
      return verdict === 'done' ? [] : [{ itemIdentifier: record.messageId }];
    }),
  );
  ports.telemetry.flush();
  return { batchItemFailures: returned.flat() };
}

/** Never rejects: what breaks here concerns this message only. */
async function settle(ports: SettlePorts, place: Place, record: SQSRecord): Promise<Verdict> {
  const { messageId } = record;
  try {
    return await settleOne(ports, envelopeOf(record), readGivenUp(givenUpOf(record), place));
  } catch (error) {
    ports.telemetry.log('error', 'a dead letter comes again', { messageId, error });
    return 'later';
  }
}

async function settleOne(
  ports: SettlePorts,
  envelope: Envelope,
  givenUp: GivenUp,
): Promise<Verdict> {
  switch (givenUp.kind) {
    case 'task':
      if (givenUp.message.step.kind === 'wait') return finishWait(ports, givenUp.message);
      return finishMessage(withQueueOf(ports, givenUp.message.step.agent), givenUp.message);
    case 'malformed':
      return parkMalformed(ports, givenUp.agent, envelope, givenUp.malformed);
    case 'notice':
      return parkNotice(ports, envelope, givenUp);
  }
}

/** A wait that is on record goes on; one that nobody came to open ends as every other dead step. */
async function finishWait(ports: SettlePorts, message: TaskMessage): Promise<Verdict> {
  const { beginWait, isBegun } = await import('./wait/begin-wait.ts');
  if (!(await isBegun(ports, message))) {
    return finishMessage(withQueueOf(ports, message.step.agent), message);
  }
  await beginWait(ports, message);
  return 'done';
}

const withQueueOf = (ports: SettlePorts, agent: string): FinishPorts => ({
  ...ports,
  queue: { send: (message) => ports.dispatcher.send({ agent, ...message }) },
});

async function parkNotice(
  { deadLetters, telemetry }: SettlePorts,
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
