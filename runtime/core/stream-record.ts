/**
 * What the event stream takes as a record, so that every adapter refuses alike.
 *
 * Boundary: pure; the limits are those of Kinesis, and of the read model behind it (limits.ts, L1).
 */

import { SignalboxError } from '../contracts/errors.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import { boundedJson, EVENT_MAX_BYTES } from './limits.ts';

/** Longest partition key, in characters. */
const KEY_MAX_LENGTH = 256;

/** An event that no stream can assign to a shard. Kinesis would refuse all events of the call for it. */
class PartitionKeyError extends SignalboxError {
  override readonly name = 'PartitionKeyError';
  readonly code = 'PARTITION_KEY_INVALID';
}

/**
 * The text of an event's record; its partition key is the run.
 * @throws PartitionKeyError, NotJsonError, TooLargeError
 */
export function streamRecord(event: SignalboxEvent): string {
  const { length } = event.run;
  if (length === 0 || length > KEY_MAX_LENGTH) {
    throw new PartitionKeyError(
      `the run of event ${event.type} has ${length} characters; allowed: 1 to ${KEY_MAX_LENGTH}`,
    );
  }
  return boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES);
}
