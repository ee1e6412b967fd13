import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { type SignalboxEvent, SignalboxEventSchema } from '../contracts/event.ts';
import { describeIssues } from './issues.ts';
import { parseJson } from './parse-json.ts';
import { recognize } from './platform-event.ts';
import { whyUnstorable } from './storable.ts';

export type DecodedEvent =
  | { readonly kind: 'event'; readonly event: SignalboxEvent }
  /** It will never be one that can be projected: `cause` says what is wrong. */
  | { readonly kind: 'undecodable'; readonly cause: string };

/** Reads a record of the stream. Types that are not known yet are events all the same. */
export function decodeEvent(text: string): DecodedEvent {
  const json = parseJson(text);
  if (json === null) return undecodable('the record is not JSON');
  const parsed = z.safeParse(SignalboxEventSchema, json, { error: en().localeError });
  if (!parsed.success) {
    return undecodable(`the record is not an event: ${describeIssues(parsed.error.issues)}`);
  }
  const recognized = recognize(parsed.data);
  if (recognized.kind === 'invalid') return undecodable(recognized.problem);
  const why = whyUnstorable(parsed.data);
  return why === null ? { kind: 'event', event: parsed.data } : undecodable(why);
}

const undecodable = (cause: string): DecodedEvent => ({ kind: 'undecodable', cause });
