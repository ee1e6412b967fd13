import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { type SignalboxEvent, SignalboxEventSchema } from '../contracts/event.ts';
import { describeIssues } from './issues.ts';
import { EVENT_MAX_BYTES } from './limits.ts';
import { recognize } from './platform-event.ts';

export type DecodedEvent =
  | { readonly kind: 'event'; readonly event: SignalboxEvent }
  /** It will never be one: `cause` says what is wrong. */
  | { readonly kind: 'undecodable'; readonly cause: string };

/** Reads a record of the stream. Types that are not known yet are events all the same. */
export function decodeEvent(text: string): DecodedEvent {
  const bytes = Buffer.byteLength(text);
  if (bytes > EVENT_MAX_BYTES) {
    return undecodable(`the record is ${bytes} bytes; allowed: ${EVENT_MAX_BYTES}`);
  }
  const json = parseJson(text);
  if (json === null) return undecodable('the record is not JSON');
  const parsed = z.safeParse(SignalboxEventSchema, json, { error: en().localeError });
  if (!parsed.success) {
    return undecodable(`the record is not an event: ${describeIssues(parsed.error.issues)}`);
  }
  const recognized = recognize(parsed.data);
  return recognized.kind === 'invalid'
    ? undecodable(recognized.problem)
    : { kind: 'event', event: parsed.data };
}

const undecodable = (cause: string): DecodedEvent => ({ kind: 'undecodable', cause });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
