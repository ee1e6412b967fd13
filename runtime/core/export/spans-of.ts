import type { SignalboxEvent } from '../../contracts/event.ts';
import type { Span } from '../../contracts/span.ts';
import { recognize } from '../platform-event.ts';
import { callSpans } from './call-spans.ts';
import { acceptedSpans, publishedSpans, runEndSpans } from './run-spans.ts';
import type { ExportContext } from './span-ids.ts';
import { attemptSpans, startedSpans } from './step-spans.ts';

const PLATFORM = 'signalbox.';

/** The spans that end with an event; most events end none, one from outside ends two. */
export function spansOf(event: SignalboxEvent, context: ExportContext): readonly Span[] {
  if (!event.type.startsWith(PLATFORM)) return publishedSpans(event, context);
  const recognized = recognize(event);
  if (recognized.kind !== 'platform') return [];
  const known = recognized.event;
  switch (known.type) {
    case 'signalbox.run.accepted':
      return acceptedSpans(known);
    case 'signalbox.run.succeeded':
    case 'signalbox.run.failed':
    case 'signalbox.run.expired':
    case 'signalbox.run.stopped':
      return runEndSpans(known);
    case 'signalbox.step.started':
      return startedSpans(known, context);
    case 'signalbox.step.retried':
    case 'signalbox.step.succeeded':
    case 'signalbox.step.failed':
    case 'signalbox.step.expired':
    case 'signalbox.step.stopped':
      return attemptSpans(known, context);
    case 'signalbox.call.succeeded':
    case 'signalbox.call.failed':
      return callSpans(known, context);
    default:
      return [];
  }
}
