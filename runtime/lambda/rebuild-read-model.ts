/**
 * Makes the read model anew: the whole archive goes to a fresh table, which is then compared with the
 * live one. Nobody reads the fresh table until the stage's configuration names it.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ReadModelReader, ReadModelTables } from '../ports.ts';
import { comparePage } from './compare-read-models.ts';
import { projector } from './project-events.ts';
import { type ReplayPorts, replayEvents, type SliceEnd } from './replay-events.ts';
import { eachReplayMessage, type MessagePorts } from './replay-messages.ts';

export interface RebuildPorts extends ReplayPorts, MessagePorts {
  readonly live: ReadModelReader;
  readonly tables: ReadModelTables;
}

export const takeRebuildOrders = (
  ports: RebuildPorts,
  event: SQSEvent,
): Promise<SQSBatchResponse> =>
  eachReplayMessage(ports, event, (message, untilMs) =>
    message.kind === 'replay' ? rebuild(ports, message.id, untilMs) : NOTHING_TO_DO,
  );

const DONE: SliceEnd = { kind: 'done' };
const NOTHING_TO_DO = Promise.resolve(DONE);

async function rebuild(ports: RebuildPorts, id: string, untilMs: number): Promise<SliceEnd> {
  const { replays, tables, live, system } = ports;
  const record = await replays.read(id);
  if (!record || record.table === undefined || record.state === 'done') return DONE;
  const { writer, reader: fresh } = await tables.open(record.table);
  if (record.state === 'running') {
    return replayEvents(ports, projector({ readModel: writer }), id, untilMs);
  }
  for (let current = record; system.now() < untilMs; ) {
    const next = await comparePage({ live, fresh }, current, system.now());
    const put = await replays.put({ record: next, expectedRev: current.rev });
    if (put.kind === 'conflict' || next.state === 'done') return DONE;
    current = next;
  }
  return { kind: 'again', seconds: 0 };
}
