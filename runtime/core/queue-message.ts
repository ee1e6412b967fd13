/**
 * What a queue takes, so that every adapter refuses alike.
 *
 * Boundary: pure; the limits are those of SQS.
 */
import { SignalboxError } from '../contracts/errors.ts';
import type { QueueMessage } from '../ports.ts';
import { MESSAGE_MAX_BYTES, TooLargeError } from './limits.ts';

/** The longest that a queue holds a new message back, in seconds. */
export const DELAY_MAX_SECONDS = 900;

/** Names of groups: letters, digits and punctuation. */
const GROUP = /^[\x21-\x7e]{1,128}$/;

/** What is no character of XML, in which a queue's answers were written first: control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
const UNSENDABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/** A message that no queue takes: a mistake of the caller. */
class QueueMessageError extends SignalboxError {
  override readonly name = 'QueueMessageError';
  readonly code = 'QUEUE_MESSAGE_INVALID';
}

/** @throws QueueMessageError, TooLargeError */
export function checkQueueMessage({ body, delaySeconds, group }: QueueMessage): void {
  const bytes = Buffer.byteLength(body);
  if (bytes > MESSAGE_MAX_BYTES) {
    throw new TooLargeError(
      `the message body is ${bytes} bytes; allowed: ${MESSAGE_MAX_BYTES}. Store the large part elsewhere and pass a reference.`,
    );
  }
  if (bytes === 0) throw new QueueMessageError('the message body is empty; allowed: any text');
  const unsendable = UNSENDABLE.exec(body);
  if (unsendable) {
    throw new QueueMessageError(
      `the message body has the character ${nameOf(unsendable[0])} at ${unsendable.index}; allowed: whole characters, no control characters but tab and line ends. Escape it as JSON does.`,
    );
  }
  const isDelay =
    Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= DELAY_MAX_SECONDS;
  if (!isDelay) {
    throw new QueueMessageError(
      `the delay is ${delaySeconds} seconds; allowed: whole seconds from 0 to ${DELAY_MAX_SECONDS}. Send it to wait again for longer.`,
    );
  }
  if (!GROUP.test(group)) {
    throw new QueueMessageError(
      `the message group is ${JSON.stringify(group.slice(0, 200))}; allowed: 1 to 128 letters, digits and punctuation marks of ASCII`,
    );
  }
}

/** JSON as a queue carries it: two characters that JSON leaves as they are, are escaped. */
export const jsonBody = (value: unknown): string =>
  JSON.stringify(value).replaceAll(NONCHARACTER, nameInJson);

const NONCHARACTER = /[\uFFFE\uFFFF]/g;

const nameInJson = (character: string): string => `\\u${character.charCodeAt(0).toString(16)}`;

const nameOf = (character: string): string =>
  `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
