/**
 * The ids of spans, and what all of them carry.
 *
 * Boundary: pure.
 * Invariants
 * P1. A span is made of one event, its end, and that event alone: whoever exports it, and however often,
 *     makes the same span with the same ids. Nothing has to be remembered between events.
 * P2. Ids are derived: the trace is the run's, a span's id is the hash of what it is about, and its parent
 *     is named by the same derivation without having been seen.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import { hash } from '../hash.ts';

/** What spans say beside what their event does. */
export interface ExportContext {
  readonly stage: string;
  /** Of the stage's model, as the conventions name it. */
  readonly modelProvider: string;
}

/** The id of the span about this thing: 16 hexadecimal digits. */
export const spanIdOf = (...about: readonly unknown[]): string => hash(about).slice(0, 16);

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/;

/** Trace and caller of an event's run; `null` for an event that belongs to no run. */
export function traceOf({ traceparent = '' }: Pick<SignalboxEvent, 'traceparent'>): {
  readonly traceId: string;
  readonly caller: string;
} | null {
  const [, traceId, caller] = TRACEPARENT.exec(traceparent) ?? [];
  return traceId === undefined || caller === undefined ? null : { traceId, caller };
}

/** Ids of the spans that others hang below. */
export const apiSpan = (run: string, gen: number): string => spanIdOf('api', run, gen);
export const runSpan = (run: string, gen: number): string => spanIdOf('run', run, gen);
export const publishSpan = (event: string): string => spanIdOf('publish', event);

type InStep = Pick<SignalboxEvent, 'run' | 'gen' | 'subject' | 'attempt'>;

export const queueSpan = ({ run, gen, subject, attempt }: InStep): string =>
  spanIdOf('queue', run, gen, subject, attempt);
export const attemptSpan = ({ run, gen, subject, attempt }: InStep): string =>
  spanIdOf('attempt', run, gen, subject, attempt);

/** What every span of a run carries. */
export const runAttributes = ({
  run,
  gen,
  tenant,
  workflow,
  subject,
  attempt,
}: SignalboxEvent) => ({
  'signalbox.run': run,
  'signalbox.generation': gen,
  'signalbox.tenant': tenant,
  'signalbox.workflow': workflow,
  ...(subject !== undefined && { 'signalbox.step': subject }),
  ...(attempt !== undefined && { 'signalbox.attempt': attempt }),
});
