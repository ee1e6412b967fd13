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

/** Longest name of a group, in characters. */
const GROUP_MAX_LENGTH = 128;

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
  const isDelay =
    Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= DELAY_MAX_SECONDS;
  if (!isDelay) {
    throw new QueueMessageError(
      `the delay is ${delaySeconds} seconds; allowed: whole seconds from 0 to ${DELAY_MAX_SECONDS}. Send it to wait again for longer.`,
    );
  }
  if (group.length === 0 || group.length > GROUP_MAX_LENGTH) {
    throw new QueueMessageError(
      `the message group has ${group.length} characters; allowed: 1 to ${GROUP_MAX_LENGTH}`,
    );
  }
}
