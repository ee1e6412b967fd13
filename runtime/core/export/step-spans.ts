import { PLATFORM_NAMES, resourceName } from '../../contracts/names.ts';
import type { Span } from '../../contracts/span.ts';
import type { PlatformEvent } from '../platform-event.ts';
import {
  attemptSpan,
  type ExportContext,
  publishSpan,
  queueSpan,
  runAttributes,
  runSpan,
  traceOf,
} from './span-ids.ts';

type Of<T extends PlatformEvent['type']> = Extract<PlatformEvent, { readonly type: T }>;
type AttemptEnd =
  Of<`signalbox.step.${'retried' | 'succeeded' | 'failed' | 'expired' | 'stopped'}`>;

/**
 * The wait of a message in its agent's queue. A workflow's later attempts have none: their event tells
 * when the state was entered, not when it sent the message.
 */
export function startedSpans(
  event: Of<'signalbox.step.started'>,
  { stage }: ExportContext,
): readonly Span[] {
  const trace = traceOf(event);
  const { agent, waitMs } = event.data;
  if (!trace || waitMs === undefined || !hasQueueSpan(event)) return [];
  const endMs = Date.parse(event.time);
  return [
    {
      traceId: trace.traceId,
      spanId: queueSpan(event),
      parentSpanId: aboveStep(event),
      component: 'sqs',
      name: `receive ${resourceName(stage, agent)}`,
      kind: 'consumer',
      startMs: endMs - waitMs,
      endMs,
      attributes: {
        ...runAttributes(event),
        'messaging.system': 'aws_sqs',
        'messaging.operation.type': 'receive',
        'messaging.operation.name': 'receive',
        'messaging.destination.name': resourceName(stage, agent),
      },
    },
  ];
}

/** One attempt of a step, from the claim that came to its end. */
export function attemptSpans(event: AttemptEnd, { stage }: ExportContext): readonly Span[] {
  const trace = traceOf(event);
  if (!trace) return [];
  const { type, data, subject = '' } = event;
  const { agent, durationMs } = data;
  const endMs = Date.parse(event.time);
  const isWait = agent === PLATFORM_NAMES.platform;
  const failure = 'failure' in data ? data.failure : null;
  const reusedFrom = 'reusedFrom' in data ? data.reusedFrom : undefined;
  const wasStarted = !isWait && durationMs > 0 && reusedFrom === undefined;
  return [
    {
      traceId: trace.traceId,
      spanId: attemptSpan(event),
      parentSpanId: wasStarted && hasQueueSpan(event) ? queueSpan(event) : aboveStep(event),
      component: isWait ? 'wait' : 'lambda',
      name: isWait ? `wait ${subject}` : `invoke_agent ${agent}`,
      kind: isWait ? 'internal' : 'consumer',
      startMs: endMs - durationMs,
      endMs,
      attributes: {
        ...runAttributes(event),
        'signalbox.status': type.slice('signalbox.step.'.length),
        ...(!isWait && {
          'faas.trigger': 'pubsub',
          'faas.name': resourceName(stage, agent),
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': agent,
        }),
        ...(reusedFrom !== undefined && { 'signalbox.reused_from': reusedFrom }),
      },
      ...(failure && { error: { type: failure.code, message: failure.message } }),
    },
  ];
}

/** A reaction follows from the event that it reacts to, a step of a workflow from its run. */
const aboveStep = ({ cause, run, gen }: PlatformEvent): string =>
  cause === undefined ? runSpan(run, gen) : publishSpan(cause);

const hasQueueSpan = ({ attempt = '0.0', cause }: PlatformEvent): boolean =>
  attempt.endsWith('.0') || cause !== undefined;
