/**
 * Whether every store behind the event stream can hold an event.
 *
 * Boundary: pure. What is refused here, some store would refuse for ever, and with it the batch in
 * which it comes (L1). Producers of ours stay far below; others may write to the stream, too.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import { NotJsonError } from './json.ts';
import { boundedJson, EVENT_MAX_BYTES, TooLargeError } from './limits.ts';
import { recognize } from './platform-event.ts';

/** Texts that become parts of keys: DynamoDB takes 1,024 bytes of a sort key, 2,048 of a partition key. */
const KEY_PART_MAX_BYTES = 512;
/** With an id of 64 characters, a position that a cursor can name. */
const TIME_MAX_BYTES = 40;
/** Each is an item of the read model. */
const MAX_TAGS = 50;

/** Why an event cannot be stored: what was got, what is allowed; `null` when it can. */
export const whyUnstorable = (event: SignalboxEvent): string | null =>
  whyNotCarried(event) ?? whyTooManyTags(event) ?? whyNoKeys(event);

function whyNotCarried(event: SignalboxEvent): string | null {
  try {
    boundedJson('the event', event, EVENT_MAX_BYTES);
    return null;
  } catch (error) {
    if (error instanceof TooLargeError || error instanceof NotJsonError) return error.message;
    throw error;
  }
}

function whyTooManyTags(event: SignalboxEvent): string | null {
  const count = Object.keys(acceptance(event)?.tags ?? {}).length;
  return count > MAX_TAGS ? `the run has ${count} tags; allowed: ${MAX_TAGS}` : null;
}

/** Also of texts that are no keys, but stand in the run's listing beside those of other events. */
function whyNoKeys(event: SignalboxEvent): string | null {
  const { run, id, workflow, time } = event;
  const { deadlineAt = '', tags = {} } = acceptance(event) ?? {};
  const parts: readonly (readonly [name: string, text: string, maxBytes: number])[] = [
    ['run', run, KEY_PART_MAX_BYTES],
    ['id', id, KEY_PART_MAX_BYTES],
    ['workflow', workflow, KEY_PART_MAX_BYTES],
    ['time', time, TIME_MAX_BYTES],
    ['deadlineAt', deadlineAt, TIME_MAX_BYTES],
    ...Object.keys(tags).map((key) => ['the key of a tag', key, KEY_PART_MAX_BYTES] as const),
    ...Object.entries(tags).map(
      ([key, value]) => [`tags.${key}`, value, KEY_PART_MAX_BYTES] as const,
    ),
  ];
  for (const [name, text, maxBytes] of parts) {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) return `${name} is ${bytes} bytes; allowed: ${maxBytes}`;
    if (!text.isWellFormed()) return `${name} has half of a surrogate pair; allowed: characters`;
  }
  return null;
}

function acceptance(event: SignalboxEvent) {
  const recognized = recognize(event);
  return recognized.kind === 'platform' && recognized.event.type === 'signalbox.run.accepted'
    ? recognized.event.data
    : null;
}
