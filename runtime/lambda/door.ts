/**
 * The door of an agent: what happens with each message of a batch.
 *
 * Job: step 0 (visibility), 1 (parse), 2 (one read), then a pipeline per record up to its own
 * answer (handle-message.ts: steps 3 to 9), and 10 (ack: a record that is not returned is deleted).
 *
 * Invariants
 * Nothing waits for the slowest: every record received for the first time has its own pipeline.
 * A record received before may have killed its worker: it starts when no other record is in flight,
 * alone, and only if the function has time for all of it (R8).
 * A pipeline that breaks returns its own message and no other.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseMessage } from '../core/parse-message.ts';
import type { AgentCode } from './agent-code.ts';
import type { Delivery, Door, Found, Remaining, Verdict } from './delivery.ts';
import type { DoorPorts } from './door-ports.ts';
import { handleMessage } from './handle-message.ts';
import { KeepAlive } from './keep-alive.ts';
import { parkMalformed } from './park-malformed.ts';

export async function handleBatch(
  code: AgentCode,
  ports: DoorPorts,
  event: SQSEvent,
  context: Remaining,
): Promise<SQSBatchResponse> {
  const deliveries = event.Records.map((record) => deliveryOf(record, code.contract.name));
  const keepAlive = new KeepAlive(
    ports,
    deliveries.map(({ receiptHandle }) => receiptHandle),
  );
  const remainingMs = (): number => context.getRemainingTimeInMillis();
  await keepAlive.start();
  try {
    const returned = await handleAll({ code, ports, keepAlive, remainingMs }, deliveries);
    return { batchItemFailures: returned.map((itemIdentifier) => ({ itemIdentifier })) };
  } finally {
    keepAlive.stop();
    ports.telemetry.flush();
  }
}

/** Gives the ids of the messages that have to come back. */
async function handleAll(door: Door, deliveries: readonly Delivery[]): Promise<readonly string[]> {
  const isSuspect = ({ receiveCount }: Delivery): boolean => receiveCount > 1;
  const returned = await handleGroup(
    door,
    deliveries.filter((delivery) => !isSuspect(delivery)),
  );
  for (const suspect of deliveries.filter(isSuspect)) {
    // Read at its turn: what was on record when the batch arrived is old by then (R5).
    returned.push(...(await handleGroup(door, [suspect])));
  }
  for (const _ of returned) door.ports.telemetry.count('MessagesReturned');
  return returned;
}

/** Messages that are worked on at the same time, after one consistent read for all of them. */
async function handleGroup(door: Door, group: readonly Delivery[]): Promise<string[]> {
  const { keepAlive, ports } = door;
  const found = await readLedger(door, group).catch((error: unknown) => {
    ports.telemetry.log('error', 'the ledger could not be read; messages go back', { error });
    return null;
  });
  const returned: string[] = [];
  await Promise.all(
    group.map(async (delivery) => {
      const verdict = found === null ? 'return' : await handleOne(door, delivery, found(delivery));
      keepAlive.release(delivery.receiptHandle);
      if (verdict === 'return') returned.push(delivery.messageId);
    }),
  );
  return returned;
}

/** Never rejects: what breaks here concerns this message only. */
async function handleOne(door: Door, delivery: Delivery, found: Found): Promise<Verdict> {
  const { telemetry } = door.ports;
  const { parsed, messageId } = delivery;
  try {
    switch (parsed.kind) {
      case 'message':
        return await handleMessage(door, delivery, parsed.message, found);
      case 'malformed':
        return await parkMalformed(door, delivery, parsed);
      case 'newer':
        telemetry.log('warn', 'a message of a newer schema goes back to the queue', {
          messageId,
          schemaVersion: parsed.schemaVersion,
        });
        return 'return';
    }
  } catch (error) {
    telemetry.log('error', 'a message goes back to the queue', { messageId, error });
    return 'return';
  }
}

/** One consistent read for all steps and control records of the group. */
async function readLedger(
  door: Door,
  group: readonly Delivery[],
): Promise<(delivery: Delivery) => Found> {
  const messages = group.flatMap(({ parsed }) =>
    parsed.kind === 'message' ? [parsed.message] : [],
  );
  if (messages.length === 0) return () => ({ step: null, run: null });
  const { steps, runs } = await door.ports.steps.read({
    steps: messages.map(({ run, step }) => ({ run: run.id, path: step.path })),
    runs: messages.map(({ run }) => run.root),
  });
  const found = new Map(
    messages.map((message, i) => [message, { step: steps[i] ?? null, run: runs[i] ?? null }]),
  );
  return ({ parsed }) =>
    (parsed.kind === 'message' ? found.get(parsed.message) : undefined) ?? {
      step: null,
      run: null,
    };
}

function deliveryOf(record: SQSRecord, agent: string): Delivery {
  const { messageId, receiptHandle, body, attributes } = record;
  return {
    messageId,
    receiptHandle,
    body,
    receiveCount: Number(attributes.ApproximateReceiveCount),
    firstReceivedMs: Number(attributes.ApproximateFirstReceiveTimestamp),
    parsed: parseMessage(body, agent),
  };
}
