/**
 * Spans: what a trace is made of, before it takes the shape of a protocol.
 *
 * Boundary: shapes only; `core/export` makes them of events.
 */

/** Which part of the platform, or behind it, a span shows. */
export type Component =
  | 'api'
  | 'step-functions'
  | 'router'
  | 'sqs'
  | 'lambda'
  | 'kinesis'
  | 'model'
  | 'tool'
  | 'effect'
  | 'wait';

export type Attribute = string | number | boolean;

export interface Span {
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
  /** Absent: the trace begins with it. */
  readonly parentSpanId?: string;
  readonly component: Component;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  /** Keys as in OpenTelemetry's semantic conventions; what those do not have begins with `signalbox.`. */
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Present on what went wrong. */
  readonly error?: { readonly type: string; readonly message: string };
}
