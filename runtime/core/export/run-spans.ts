import type { SignalboxEvent } from '../../contracts/event.ts';
import { PLATFORM_NAMES, resourceName } from '../../contracts/names.ts';
import type { Span } from '../../contracts/span.ts';
import { isFromOutside } from '../event.ts';
import type { PlatformEvent } from '../platform-event.ts';
import { traceparentOf } from '../traceparent.ts';
import {
  apiSpan,
  attemptSpan,
  type ExportContext,
  publishSpan,
  runAttributes,
  runSpan,
  spanIdOf,
  traceOf,
} from './span-ids.ts';

type Of<T extends PlatformEvent['type']> = Extract<PlatformEvent, { readonly type: T }>;
type RunEnd = Of<`signalbox.run.${'succeeded' | 'failed' | 'expired' | 'stopped'}`>;

/** The acceptance of a run, or of a further generation of one; which request it was, and how long that took, no event tells. */
export function acceptedSpans(event: Of<'signalbox.run.accepted'>): readonly Span[] {
  const { run, gen, workflow } = event;
  return requestSpan(event, { name: `accept ${workflow}`, spanId: apiSpan(run, gen) });
}

/** A run from its acceptance to its end. */
export function runEndSpans(event: RunEnd): readonly Span[] {
  const trace = traceOf(event);
  if (!trace) return [];
  const { run, gen, workflow, type, data } = event;
  const endMs = Date.parse(event.time);
  const isReactive = event.source === 'signalbox/router';
  return [
    {
      traceId: trace.traceId,
      spanId: runSpan(run, gen),
      parentSpanId: apiSpan(run, gen),
      component: isReactive ? 'router' : 'step-functions',
      name: `invoke_workflow ${workflow}`,
      kind: 'internal',
      startMs: endMs - data.durationMs,
      endMs,
      attributes: {
        ...runAttributes(event),
        'gen_ai.operation.name': 'invoke_workflow',
        'gen_ai.workflow.name': workflow,
        'signalbox.status': type.slice('signalbox.run.'.length),
      },
      ...('error' in data && { error: { type: data.error, message: data.cause } }),
    },
  ];
}

/** A domain event on its way to everybody; with the request that brought it, when it came from outside. */
export function publishedSpans(event: SignalboxEvent, context: ExportContext): readonly Span[] {
  const trace = traceOf(event);
  if (!trace) return [];
  const isOrigin = isFromOutside(event);
  const request = spanIdOf('event', event.id);
  const atMs = Date.parse(event.time);
  const published: Span = {
    traceId: trace.traceId,
    spanId: publishSpan(event.id),
    parentSpanId: isOrigin ? request : attemptSpan(event),
    component: 'kinesis',
    name: `publish ${event.type}`,
    kind: 'producer',
    startMs: atMs,
    endMs: atMs,
    attributes: {
      ...runAttributes(event),
      'messaging.system': 'aws_kinesis',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'publish',
      'messaging.destination.name': resourceName(context.stage, PLATFORM_NAMES.events),
      'messaging.message.id': event.id,
      'signalbox.event.type': event.type,
    },
  };
  if (!isOrigin) return [published];
  return [...requestSpan(event, { name: 'POST /events', spanId: request }), published];
}

function requestSpan(
  event: SignalboxEvent,
  { name, spanId }: { readonly name: string; readonly spanId: string },
): readonly Span[] {
  const trace = traceOf(event);
  if (!trace) return [];
  const atMs = Date.parse(event.time);
  // A caller without a trace context was given one by the run's id: nobody's span is above it then.
  const isCallers = event.traceparent !== traceparentOf(event.run);
  return [
    {
      traceId: trace.traceId,
      spanId,
      ...(isCallers && { parentSpanId: trace.caller }),
      component: 'api',
      name,
      kind: 'server',
      startMs: atMs,
      endMs: atMs,
      attributes: {
        ...runAttributes(event),
        'http.request.method': 'POST',
        'http.response.status_code': 202,
      },
    },
  ];
}
