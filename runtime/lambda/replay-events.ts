/**
 * Works on a replay: one slice of it for each message, until the archive is read up to its end.
 *
 * Job: performs what `core/replay/*` decides. Boundary: what the events do is the consumer's business.
 * Invariants
 * RP1. Progress is kept after every piece of work, by compare and put: whoever gets the message next goes
 *      on from there, and of two at once one stops. What both handled is handled twice, which changes nothing.
 * RP4. A consumer that fails for everything loses nothing: the message comes again, and the same piece
 *      with it.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { ReplayRecord } from '../contracts/replay.ts';
import { ARCHIVE_PREFIX } from '../core/archive-key.ts';
import { decodeEvent } from '../core/decode-event.ts';
import { advanced, pauseMs, readThrough } from '../core/replay/progress.ts';
import { isBehindRange, isWanted, neededMs, settledMs } from '../core/replay/range.ts';
import type { ArchiveReader, ReplayLedger, System } from '../ports.ts';
import { type ArchiveProgressPorts, isArchived } from './archive-progress.ts';
import type { Consumer, ReplayContext } from './consume-events.ts';
import { handlePast } from './handle-past.ts';

export interface ReplayPorts extends ArchiveProgressPorts {
  readonly replays: ReplayLedger;
  readonly archive: ArchiveReader;
  readonly system: System;
}

/** Lines that are handled before progress is kept. */
const PIECE = 100;
/** Keys that are asked for at a time. */
const KEYS = 50;
/** While the archiver is behind, a replay looks again after so many seconds. */
const WAIT_SECONDS = 5;

/** What is left: nothing, or to go on after so many seconds. */
export type SliceEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly seconds: number };

const DONE: SliceEnd = { kind: 'done' };

/**
 * Works on a replay until the time is up.
 * @param untilMs epoch milliseconds
 * @throws when the consumer's dependencies, or the archive, are away: the message comes again
 */
export async function replayEvents(
  ports: ReplayPorts,
  consumer: Consumer,
  id: string,
  untilMs: number,
): Promise<SliceEnd> {
  let record = await ports.replays.read(id);
  const archivedMs = { past: 0 };
  while (record?.state === 'running') {
    if (ports.system.now() >= untilMs) return { kind: 'again', seconds: 0 };
    const piece = await nextPiece(ports, record, archivedMs);
    if (piece === 'wait') return { kind: 'again', seconds: WAIT_SECONDS };
    record = await keep(ports, record, await workOn(ports, consumer, record, piece));
  }
  return record?.state === 'comparing' ? { kind: 'again', seconds: 0 } : DONE;
}

interface Piece {
  readonly key: string;
  readonly from: number;
  readonly lines: readonly string[];
}

/** `null` when the archive is read up to the range's end. */
async function nextPiece(
  ports: ReplayPorts,
  record: ReplayRecord,
  archived: { past: number },
): Promise<Piece | null | 'wait'> {
  const { archive } = ports;
  const { key, lines: done } = record.cursor;
  const current = (await archive.lines(key)) ?? [];
  if (done < current.length) {
    return { key, from: done, lines: current.slice(done, done + pieceOf(record)) };
  }
  const { keys } = await archive.keys({ prefix: ARCHIVE_PREFIX, after: key, limit: KEYS });
  const next = keys.find((one) => !isBehindRange(one, record));
  const neededUntil = next === undefined ? settledMs(record) : neededMs(next, record);
  if (archived.past < neededUntil) {
    const mayArrive = ports.system.now() < neededUntil;
    if (mayArrive || !(await isArchived(ports, neededUntil))) return 'wait';
    archived.past = neededUntil;
    // What was written since the keys were listed comes with the next look.
    return { key, from: done, lines: [] };
  }
  if (next === undefined) return null;
  const lines = (await archive.lines(next)) ?? [];
  return { key: next, from: 0, lines: lines.slice(0, pieceOf(record)) };
}

/** At most what may be handled in a second: a slow replay keeps its progress as often. */
const pieceOf = ({ rate }: ReplayRecord): number => Math.max(1, Math.min(PIECE, Math.floor(rate)));

async function workOn(
  { system }: ReplayPorts,
  consumer: Consumer,
  record: ReplayRecord,
  piece: Piece | null,
): Promise<ReplayRecord> {
  if (piece === null) return readThrough(record, system.now());
  const beganMs = system.now();
  const events = wantedOf(piece, record);
  const outcome = record.isDryRun ? NOTHING : await handlePast(consumer, events, contextOf(record));
  const given = record.isDryRun ? 0 : events.length;
  await system.sleep(pauseMs(given, system.now() - beganMs, record.rate));
  const { key, from, lines } = piece;
  const { handled, failures } = outcome;
  const counts = { read: lines.length, matched: events.length, handled };
  const cursor = { key, lines: from + lines.length };
  return advanced(record, { cursor, counts, failures }, system.now());
}

const NOTHING = { handled: 0, failures: [] } as const;

const contextOf = ({ id, hasEffects, rule }: ReplayRecord): ReplayContext => ({
  id,
  hasEffects,
  ...(rule !== undefined && { rule }),
});

const wantedOf = ({ lines }: Piece, record: ReplayRecord): readonly SignalboxEvent[] =>
  lines.flatMap((line) => {
    const decoded = decodeEvent(line);
    return decoded.kind === 'event' && isWanted(decoded.event, record) ? [decoded.event] : [];
  });

/** The record as it is then; `null` when another worker has gone on with the replay. */
async function keep(
  { replays }: ReplayPorts,
  before: ReplayRecord,
  record: ReplayRecord,
): Promise<ReplayRecord | null> {
  const put = await replays.put({ record, expectedRev: before.rev });
  return put.kind === 'written' ? record : null;
}
