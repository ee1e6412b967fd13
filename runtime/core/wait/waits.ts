/**
 * The waits of a run: which are open, and which event ends which.
 *
 * Boundary: pure; the caller writes what comes out by compare and put on `rev`, and asks again on a
 * conflict. How a wait ended is on record as the outcome of its step (`core/settle-step.ts`), so a wait
 * that is open here may have ended already: whoever finds it so finishes what is left of it.
 *
 * Invariants
 * W1. A step has one open wait at most. A newer attempt takes it over, with its token and with the event
 *     that it took; an older attempt never takes it back.
 * W2. An event ends one wait at most, and a wait takes one event at most: of those that want it the
 *     oldest, of the events that came the first. What came before the wait counts as if it came with it.
 * W3. A wait ends at the latest `timeoutSeconds` after its state was entered: neither redeliveries nor
 *     attempts make it longer.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import { attemptOf, type TaskMessage } from '../../contracts/task-message.ts';
import {
  type OpenWait,
  type WaitInput,
  WaitInputSchema,
  type WaitsRecord,
} from '../../contracts/wait.ts';
import { compareAttempts } from '../attempt.ts';
import { isFromOutside } from '../event.ts';
import { isoTime } from '../iso-time.ts';

export type Opening =
  /** Write this record. */
  | { readonly kind: 'open'; readonly record: WaitsRecord; readonly wait: OpenWait }
  | { readonly kind: 'is-open'; readonly wait: OpenWait }
  /** A newer attempt waits already. */
  | { readonly kind: 'late' };

/** @param record of the run; `null`: it has never waited */
export function openWait(
  record: WaitsRecord | null,
  message: TaskMessage,
  { timeoutSeconds }: Pick<WaitInput, 'timeoutSeconds'>,
  nowMs: number,
): Opening {
  const known = record && waitAt(record, message.step.path);
  const order = known ? compareAttempts(attemptOf(message), attemptOf(known.message)) : 1;
  if (known && order === 0) return { kind: 'is-open', wait: known };
  if (order < 0) return { kind: 'late' };
  const takenOver = known?.message.run.gen === message.run.gen ? known : null;
  const wait: OpenWait = {
    message,
    openedAt: takenOver?.openedAt ?? isoTime(nowMs),
    until: isoTime(Date.parse(message.step.enteredAt) + timeoutSeconds * 1000),
    ...(takenOver?.takes !== undefined && { takes: takenOver.takes }),
  };
  // What a former generation has left waits for nobody any more.
  const others = (record?.open ?? []).filter(
    (one) => one !== known && one.message.run.gen >= message.run.gen,
  );
  return {
    kind: 'open',
    wait,
    record: {
      run: message.run.id,
      rev: (record?.rev ?? 0) + 1,
      open: [...others, wait],
      taken: record?.taken ?? [],
    },
  };
}

/** The wait that ends with an event, and the record that says so; `null` when none does. */
export function takeEvent(
  record: WaitsRecord,
  event: Pick<SignalboxEvent, 'id' | 'type'>,
  nowMs: number,
): { readonly wait: OpenWait; readonly record: WaitsRecord } | null {
  const takenBy = record.open.find(({ takes }) => takes === event.id);
  if (takenBy) return { wait: takenBy, record };
  if (record.taken.includes(event.id)) return null;
  const [oldest] = record.open
    .filter((wait) => wantsOf(wait) === event.type && Date.parse(wait.until) > nowMs)
    .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  if (!oldest) return null;
  const wait = { ...oldest, takes: event.id };
  return {
    wait,
    record: {
      ...record,
      rev: record.rev + 1,
      open: record.open.map((one) => (one === oldest ? wait : one)),
      taken: [...record.taken, event.id],
    },
  };
}

/** The record without a wait that has ended; `null` when it is not there, or another attempt's. */
export function forgetWait(record: WaitsRecord, ended: TaskMessage): WaitsRecord | null {
  const wait = waitAt(record, ended.step.path);
  if (!wait || compareAttempts(attemptOf(wait.message), attemptOf(ended)) > 0) return null;
  return { ...record, rev: record.rev + 1, open: record.open.filter((one) => one !== wait) };
}

export const waitAt = ({ open }: WaitsRecord, path: string): OpenWait | null =>
  open.find(({ message }) => message.step.path === path) ?? null;

/** What a wait asks for; it was checked before the wait was opened. */
export const inputOf = ({ message }: OpenWait): WaitInput => WaitInputSchema.parse(message.input);

/** The type of the event that a wait wants and has not taken yet. */
function wantsOf(wait: OpenWait): string | null {
  const input = inputOf(wait);
  return input.for === 'event' && wait.takes === undefined ? input.event : null;
}

const placeOf = ({ openedAt, message }: OpenWait): string => `${openedAt}#${message.step.path}`;

/** Whether any wait may have to do with an event: one from outside, or a decision. */
export const concernsWaits = (event: Pick<SignalboxEvent, 'id' | 'type' | 'origin'>): boolean =>
  event.type === 'signalbox.approval.decided' || isFromOutside(event);
