/**
 * What an attempt has to show before its end: how it grows, where it is recorded, what of it is told.
 *
 * Boundary: pure; `runtime/lambda/partial-recorder.ts` decides when.
 * Invariants
 * Z1. Nothing that is shown has more than PARTIAL_MAX_BYTES of JSON: text is cut at its end, a larger
 *     value is refused.
 * Z2. The text of one holder only grows, so an event tells what is new, from an offset on.
 */
import * as z from 'zod/mini';
import type { CallRecord, PartialOutput } from '../contracts/ledger.ts';
import type { AttemptId } from '../contracts/task-message.ts';
import { attemptText } from './attempt.ts';
import { canonicalJson } from './hash.ts';

export const PARTIAL_MAX_BYTES = 32 * 1024;

/** The key under which an attempt records it. */
export const partialCall = (attempt: AttemptId): string =>
  `partial:${attempt.gen}.${attemptText(attempt)}`;

/** What has been shown, and its size: of text, what it takes as a part of JSON. */
export interface Shown {
  readonly partial: PartialOutput;
  readonly bytes: number;
}

/** What has been shown once this has been shown, too: text grows as far as it may (Z1), a value replaces. */
export function grown(before: Shown | null, chunk: PartialOutput): Shown {
  if ('value' in chunk) return { partial: chunk, bytes: jsonBytes(chunk.value) };
  const { text, bytes } = textOf(before);
  const more = fitting(chunk.text, PARTIAL_MAX_BYTES - bytes);
  return { partial: { text: text + more.text }, bytes: bytes + more.bytes };
}

const textOf = (shown: Shown | null) => ({
  text: shown && 'text' in shown.partial ? shown.partial.text : '',
  bytes: shown?.bytes ?? 0,
});

/** The longest beginning of the text that takes at most `room` bytes. */
function fitting(text: string, room: number): { readonly text: string; readonly bytes: number } {
  const whole = textBytes(text);
  if (whole <= room) return { text, bytes: whole };
  let [bytes, end] = [0, 0];
  for (const character of text) {
    const more = textBytes(character);
    if (bytes + more > room) break;
    bytes += more;
    end += character.length;
  }
  return { text: text.slice(0, end), bytes };
}

/** The payload of an event that tells of it, without the agent. */
export type PartialFact =
  | { readonly text: string; readonly offset: number }
  | { readonly value: unknown };

/**
 * What of `latest` has not been told; `null` when all has been. Half of a character waits for the other.
 * @param told what an earlier event has told last
 */
export function untoldPart(latest: PartialOutput, told: PartialOutput | null): PartialFact | null {
  if ('value' in latest) {
    const isTold = told !== null && canonicalJson(told) === canonicalJson(latest);
    return isTold ? null : { value: latest.value };
  }
  const offset = told !== null && 'text' in told ? told.text.length : 0;
  const text = wholeCharacters(latest.text).slice(offset);
  return text === '' ? null : { text, offset };
}

/** What may be recorded: texts without half of a character at the end. */
export const recordable = (latest: PartialOutput): PartialOutput =>
  'text' in latest ? { text: wholeCharacters(latest.text) } : latest;

const wholeCharacters = (text: string): string =>
  /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;

const Recorded = z.union([z.object({ text: z.string() }), z.object({ value: z.unknown() })]);

/** What an attempt has recorded; `null` when it showed nothing. */
export const recordedPartial = (record: CallRecord | null): PartialOutput | null =>
  record === null ? null : z.parse(Recorded, record.result);

export const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const textBytes = (text: string): number => jsonBytes(text) - 2;
