import { createHash } from 'node:crypto';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** W3C trace context, version 00. */
export const isTraceparent = (text: string): boolean => TRACEPARENT.test(text);

/** Trace context of a run whose caller has none: derived from the run id, so a repeat carries the same. */
export function traceparentOf(run: string): string {
  const digest = createHash('sha256').update(`trace:${run}`).digest('hex');
  // The sampled flag is set: Signalbox records every run.
  return `00-${digest.slice(0, 32)}-${digest.slice(32, 48)}-01`;
}
