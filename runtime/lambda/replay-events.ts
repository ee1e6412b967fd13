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

/** Lines that are read before progress is kept. */
const PIECE = 100;
/** Keys that are asked for at a time. */
const KEYS = 50;
/** Objects that are read at a time: while little happens each has a few lines. */
const OBJECTS = 10;
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
  const seen: Seen = { archivedMs: 0, wholeKey: null };
  while (record?.state === 'running') {
    if (ports.system.now() >= untilMs) return { kind: 'again', seconds: 0 };
    const parts = await nextParts(ports, record, seen);
    if (parts === 'wait') return { kind: 'again', seconds: WAIT_SECONDS };
    const piece = parts && pieceOf(parts, record);
    const next: ReplayRecord = piece
      ? await workOn(ports, consumer, record, piece)
      : readThrough(record, ports.system.now());
    seen.wholeKey = piece?.wholeKey ?? null;
    record = await keep(ports, record, next);
  }
  return record?.state === 'comparing' ? { kind: 'again', seconds: 0 } : DONE;
}

/** What a worker need not ask again. */
interface Seen {
  /** Everything that arrived before it is in the archive; epoch milliseconds. */
  archivedMs: number;
  /** The cursor's object, if nothing of it is left. */
  wholeKey: string | null;
}

/** Lines of an object, from one of them on. */
interface Part {
  readonly key: string;
  readonly from: number;
  readonly lines: readonly string[];
}

/** What follows the cursor; `null` when the archive is read up to the range's end. */
async function nextParts(
  ports: ReplayPorts,
  record: ReplayRecord,
  seen: Seen,
): Promise<readonly Part[] | null | 'wait'> {
  const { archive } = ports;
  const { key, lines: from } = record.cursor;
  const current = key === seen.wholeKey ? [] : ((await archive.lines(key)) ?? []);
  if (from < current.length) return [{ key, from, lines: current.slice(from) }];
  const { keys } = await archive.keys({ prefix: ARCHIVE_PREFIX, after: key, limit: KEYS });
  const behind = keys.filter((one) => !isBehindRange(one, record));
  const [next] = behind;
  const neededUntil = next === undefined ? settledMs(record) : neededMs(next, record);
  if (seen.archivedMs < neededUntil) {
    const mayArrive = ports.system.now() < neededUntil;
    if (mayArrive || !(await isArchived(ports, neededUntil))) return 'wait';
    seen.archivedMs = neededUntil;
    // What was written since the keys were listed comes with the next look.
    return [];
  }
  if (next === undefined) return null;
  return gather(
    archive,
    behind.filter((one) => neededMs(one, record) <= seen.archivedMs),
  );
}

/** The first object, and those behind it if it is small. */
async function gather(archive: ArchiveReader, keys: readonly string[]): Promise<readonly Part[]> {
  const partOf = async (key: string): Promise<Part> => ({
    key,
    from: 0,
    lines: (await archive.lines(key)) ?? [],
  });
  const first = await Promise.all(keys.slice(0, 1).map(partOf));
  if (first.some(({ lines }) => lines.length >= PIECE)) return first;
  return [...first, ...(await Promise.all(keys.slice(1, OBJECTS).map(partOf)))];
}

/** What is worked on before progress is kept. */
interface Piece {
  readonly read: number;
  readonly events: readonly SignalboxEvent[];
  /** Behind it. */
  readonly cursor: ReplayRecord['cursor'];
  readonly wholeKey: string | null;
}

/** The longest beginning of what was read that has no more events than may be handled in a second. */
function pieceOf(parts: readonly Part[], record: ReplayRecord): Piece {
  const most = Math.max(1, Math.min(PIECE, Math.floor(record.rate)));
  const events: SignalboxEvent[] = [];
  let { cursor } = record;
  let read = 0;
  for (const { key, from, lines } of parts) {
    for (const [i, line] of lines.entries()) {
      if (read === PIECE || events.length === most) {
        return { read, events, cursor, wholeKey: null };
      }
      events.push(...wantedOf(line, record));
      cursor = { key, lines: from + i + 1 };
      read += 1;
    }
    if (lines.length === 0) cursor = { key, lines: 0 };
  }
  return { read, events, cursor, wholeKey: parts.at(-1)?.key ?? null };
}

async function workOn(
  { system }: ReplayPorts,
  consumer: Consumer,
  record: ReplayRecord,
  { read, events, cursor }: Piece,
): Promise<ReplayRecord> {
  const beganMs = system.now();
  const outcome = record.isDryRun ? NOTHING : await handlePast(consumer, events, contextOf(record));
  const given = record.isDryRun ? 0 : events.length;
  await system.sleep(pauseMs(given, system.now() - beganMs, record.rate));
  const { handled, failures } = outcome;
  const counts = { read, matched: events.length, handled };
  return advanced(record, { cursor, counts, failures }, system.now());
}

const NOTHING = { handled: 0, failures: [] } as const;

const contextOf = ({ id, hasEffects, rule }: ReplayRecord): ReplayContext => ({
  id,
  hasEffects,
  ...(rule !== undefined && { rule }),
});

/** The event of a line, if it is in the range. */
function wantedOf(line: string, record: ReplayRecord): readonly SignalboxEvent[] {
  const decoded = decodeEvent(line);
  return decoded.kind === 'event' && isWanted(decoded.event, record) ? [decoded.event] : [];
}

/** The record as it is then; `null` when another worker has gone on with the replay. */
async function keep(
  { replays }: ReplayPorts,
  before: ReplayRecord,
  record: ReplayRecord,
): Promise<ReplayRecord | null> {
  const put = await replays.put({ record, expectedRev: before.rev });
  return put.kind === 'written' ? record : null;
}
