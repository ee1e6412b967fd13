/**
 * OTLP: spans as a request of the OpenTelemetry protocol in JSON (opentelemetry-proto 1.x).
 *
 * Boundary: pure. Ids are hexadecimal there, times are nanoseconds as text, enumerations are numbers.
 */
import type { Attribute, Component, Span } from '../../contracts/span.ts';
import type { ExportContext } from './span-ids.ts';

const KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
const STATUS_UNSET = 0;
const STATUS_ERROR = 2;

/** A cause of a run's failure may have 32 KiB; nobody reads that in a trace. */
const MESSAGE_MAX_LENGTH = 1000;

const SCOPE = { name: 'signalbox' };

/** One resource for each part of the platform, so that tools which draw services tell them apart. */
export function otlpRequest(
  spans: readonly Span[],
  { stage }: Pick<ExportContext, 'stage'>,
): string {
  const byComponent = Map.groupBy(spans, ({ component }) => component);
  const resourceSpans = [...byComponent].map(([component, own]) => ({
    resource: { attributes: attributesOf(resourceOf(component, stage)) },
    scopeSpans: [{ scope: SCOPE, spans: own.map(otlpSpan) }],
  }));
  return JSON.stringify({ resourceSpans });
}

const resourceOf = (component: Component, stage: string) => ({
  'service.namespace': 'signalbox',
  'service.name': `signalbox-${component}`,
  'deployment.environment.name': stage,
  'cloud.provider': 'aws',
  ...(component === 'lambda' && { 'cloud.platform': 'aws_lambda' }),
});

const otlpSpan = (span: Span) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
  name: span.name,
  kind: KINDS[span.kind],
  startTimeUnixNano: nanoseconds(span.startMs),
  endTimeUnixNano: nanoseconds(span.endMs),
  attributes: attributesOf({
    ...span.attributes,
    'signalbox.component': span.component,
    ...(span.error && { 'error.type': span.error.type }),
  }),
  status: span.error
    ? { code: STATUS_ERROR, message: span.error.message.slice(0, MESSAGE_MAX_LENGTH) }
    : { code: STATUS_UNSET },
});

const nanoseconds = (ms: number): string => `${Math.trunc(ms)}000000`;

const attributesOf = (attributes: Readonly<Record<string, Attribute>>) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));

function anyValue(value: Attribute) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  // 64-bit integers are text in the protocol's JSON.
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Headers as OpenTelemetry's environment variable spells them: `name=value,…`, values percent-encoded. */
export const otlpHeaders = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split(',')
      .map((pair) => pair.split('='))
      .map(([name = '', ...value]) => [name.trim(), decodeURIComponent(value.join('=').trim())])
      .filter(([name]) => name !== ''),
  );
