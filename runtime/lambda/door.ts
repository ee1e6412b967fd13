/**
 * The door of an agent: what happens with each message of a batch.
 *
 * Job: step 0 (visibility), 1 (parse), 2 (one read), then a pipeline per record up to its own
 * answer (handle-message.ts: steps 3 to 9), and 10 (ack: a record that is not returned is deleted).
 *
 * Invariants
 * Nothing waits for the slowest: every record has its own pipeline, except those that may have killed
 * their worker, which are worked on alone (core/start-order.ts, R8).
 * No step is started unless the function has time for a whole attempt.
 * A pipeline that breaks returns its own message and no other.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { fractionOf } from '../core/backoff.ts';
import { secondsAfterTrouble, secondsUnstarted } from '../core/come-back.ts';
import { parseMessage } from '../core/parse-message.ts';
import { lostStarts, startOrder } from '../core/start-order.ts';
import type { AgentCode } from './agent-code.ts';
import { ControlWatch } from './control-watch.ts';
import type { Delivery, Door, Found, Remaining, Verdict } from './delivery.ts';
import type { DoorPorts } from './door-ports.ts';
import { handleMessage } from './handle-message.ts';
import { KeepAlive } from './keep-alive.ts';
import { parkMalformed } from './park-malformed.ts';
import { SendTogether } from './send-together.ts';

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
    const watch = new ControlWatch(ports);
    const sending = new SendTogether(ports.system);
    const door = { code, ports, keepAlive, watch, sending, remainingMs };
    const returned = await handleAll(door, deliveries);
    return { batchItemFailures: returned.map((itemIdentifier) => ({ itemIdentifier })) };
  } finally {
    keepAlive.stop();
    ports.telemetry.flush();
  }
}

/** Gives the ids of the messages that have to come back. */
async function handleAll(door: Door, deliveries: readonly Delivery[]): Promise<readonly string[]> {
  const arrived = await readLedger(door, deliveries);
  const groups = startOrder(deliveries, (delivery) => {
    const { parsed } = delivery;
    return parsed.kind === 'message'
      ? lostStarts(arrived(delivery)?.step ?? null, parsed.message)
      : 0;
  });
  const returned: string[] = [];
  for (const [turn, group] of groups.entries()) {
    // Later groups are read at their turn: what was on record when the batch arrived is old by then.
    const found = turn === 0 ? arrived : await readLedger(door, group);
    returned.push(...(await handleGroup(door, group, found)));
  }
  for (const _ of returned) door.ports.telemetry.count('MessagesReturned');
  return returned;
}

/** What is on record for a delivery; `null` when it could not be read. */
type Lookup = (delivery: Delivery) => Found | null;

/** Messages that are worked on at the same time. */
async function handleGroup(
  door: Door,
  group: readonly Delivery[],
  foundFor: Lookup,
): Promise<string[]> {
  const returned: string[] = [];
  await Promise.all(
    group.map(async (delivery) => {
      const found = foundFor(delivery);
      const verdict = found === null ? 'later' : await handleOne(door, delivery, found);
      if (verdict === 'done') return;
      const seconds = secondsAway(door, delivery, verdict);
      await door.keepAlive.giveBack(delivery.receiptHandle, seconds);
      returned.push(delivery.messageId);
    }),
  );
  return returned;
}

function secondsAway(
  { ports }: Door,
  { receiveCount }: Delivery,
  verdict: Exclude<Verdict, 'done'>,
): number {
  if (typeof verdict === 'object') return verdict.seconds;
  const receipt = { receiveCount, fraction: fractionOf(ports.system.randomId()) };
  return verdict === 'later' ? secondsAfterTrouble(receipt) : secondsUnstarted(receipt);
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
        return await parkMalformed(door.ports, door.code.contract.name, delivery, parsed);
      case 'newer':
        telemetry.log('warn', 'a message of a newer schema goes back to the queue', {
          messageId,
          schemaVersion: parsed.schemaVersion,
        });
        return 'later';
    }
  } catch (error) {
    telemetry.log('error', 'a message goes back to the queue', { messageId, error });
    return 'later';
  }
}

/** One consistent read for all steps and control records of the group. Never rejects. */
async function readLedger(door: Door, group: readonly Delivery[]): Promise<Lookup> {
  const { steps: ledger, system, telemetry } = door.ports;
  const messages = group.flatMap(({ parsed }) =>
    parsed.kind === 'message' ? [parsed.message] : [],
  );
  if (messages.length === 0) return () => NOTHING_FOUND;
  const atMs = system.now();
  try {
    const { steps, runs } = await ledger.read({
      steps: messages.map(({ run, step }) => ({ run: run.id, path: step.path })),
      runs: messages.map(({ run }) => run.root),
    });
    for (const [i, { run }] of messages.entries()) {
      door.watch.learn(run.root, { run: runs[i] ?? null, atMs });
    }
    const found = new Map(
      messages.map((message, i) => [message, { step: steps[i] ?? null, run: runs[i] ?? null }]),
    );
    return ({ parsed }) =>
      (parsed.kind === 'message' ? found.get(parsed.message) : undefined) ?? NOTHING_FOUND;
  } catch (error) {
    telemetry.log('error', 'the ledger could not be read; messages go back', { error });
    return () => null;
  }
}

const NOTHING_FOUND: Found = { step: null, run: null };

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
