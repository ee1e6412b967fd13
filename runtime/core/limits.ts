/**
 * What the services behind the ports can carry, in one place, so that every adapter refuses alike.
 *
 * Invariants
 * L1. What the ledger takes, the stream and the read model take too: an event that only some of its
 *     readers can hold would stop them for good.
 */
import { SignalboxError } from '../contracts/errors.ts';
import { RECORD_MAX_DEPTH, toJson } from './json.ts';

/** More bytes than the service behind takes. Sending it again cannot help. */
export class TooLargeError extends SignalboxError {
  override readonly name = 'TooLargeError';
  readonly code = 'TOO_LARGE';
}

/** DynamoDB's 400 KB an item, less 2 KiB for keys and index attributes. */
const ITEM_MAX_BYTES = 398 * 1024;

/** JSON of a record. */
export const RECORD_MAX_BYTES = ITEM_MAX_BYTES;

/** JSON of an event: Kinesis takes 1 MiB, but every event is an item of the read model too (L1). */
export const EVENT_MAX_BYTES = ITEM_MAX_BYTES;

/** Input and output of a state, a task or an execution of Step Functions. */
export const STATE_MAX_BYTES = 256 * 1024;

/** A failure's cause, as Step Functions takes it. */
export const CAUSE_MAX_BYTES = 32 * 1024;

/** A message body, as SQS takes it. */
export const MESSAGE_MAX_BYTES = 1024 * 1024;

/**
 * JSON text of `value`, at most `maxBytes` of UTF-8.
 * @throws NotJsonError, TooLargeError
 */
export function boundedJson(what: string, value: unknown, maxBytes: number): string {
  const text = toJson(value, RECORD_MAX_DEPTH);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    throw new TooLargeError(
      `${what} is ${bytes} bytes of JSON; allowed: ${maxBytes}. Store the large part elsewhere and pass a reference.`,
    );
  }
  return text;
}

/** The longest beginning of `text` that fits into `maxBytes` of UTF-8; no character is cut in two. */
export function cutUtf8(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && isContinuation(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}

const isContinuation = (byte: number | undefined): boolean =>
  byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
