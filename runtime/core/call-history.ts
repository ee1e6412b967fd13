/**
 * The calls of an attempt, put together from their events.
 *
 * Invariants
 * H3. A call is what one holder (fence) did under one name. A replay publishes the first holder's
 *     events again and adds nothing; two holders that both asked made two calls.
 * H4. A call without an end runs only while its holder does; afterwards it is lost, and uncertain if
 *     the next holder had to say so.
 */
import type { PlatformEvent } from './platform-event.ts';

export interface CallHistory {
  readonly call: string;
  readonly kind: 'model' | 'effect';
  readonly fence: number;
  readonly status: 'running' | 'succeeded' | 'failed' | 'lost' | 'uncertain';
  readonly startedAtMs: number;
  /** Present when it succeeded or failed. */
  readonly durationMs?: number;
  readonly model?: string;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

export type CallEvent = Extract<PlatformEvent, { type: `signalbox.call.${string}` }>;

export const isCallEvent = (event: PlatformEvent): event is CallEvent =>
  event.type.startsWith('signalbox.call.');

/**
 * The calls of one attempt, in the order in which they began.
 * @param liveFence of the holder that still works; `null` when none does
 */
export function callsOf(
  events: readonly CallEvent[],
  liveFence: number | null,
): readonly CallHistory[] {
  const doubted = new Set(
    events.flatMap(({ type, data }) => (type === 'signalbox.call.uncertain' ? [data.call] : [])),
  );
  const groups = Map.groupBy(events, ({ fence, data }) => `${fence}#${data.call}`);
  return [...groups.values()]
    .flatMap((group) => callOf(group) ?? [])
    .map((call) => (call.fence === liveFence ? call : withoutHolder(call, doubted)))
    .sort((a, b) => a.startedAtMs - b.startedAtMs || a.fence - b.fence || byText(a.call, b.call));
}

const withoutHolder = (call: CallHistory, doubted: ReadonlySet<string>): CallHistory =>
  call.status === 'running'
    ? { ...call, status: doubted.has(call.call) ? 'uncertain' : 'lost' }
    : call;

const byText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** From the events of one call: its end if there is one, else its beginning, else the doubt about it. */
function callOf(events: readonly CallEvent[]): CallHistory | null {
  const first = events[0];
  if (!first) return null;
  const { fence, data } = first;
  const call = { call: data.call, kind: data.kind, fence };
  const startedAtMs = Math.min(...events.map(({ time }) => Date.parse(time)));
  for (const event of events) {
    if (event.type === 'signalbox.call.succeeded' || event.type === 'signalbox.call.failed') {
      return { ...call, ...endOf(event) };
    }
  }
  const isStarted = events.some(({ type }) => type === 'signalbox.call.started');
  return { ...call, status: isStarted ? 'running' : 'uncertain', startedAtMs };
}

/** A call's clock is its worker's: the beginning follows from the end and the duration measured there. */
function endOf(
  event: Extract<CallEvent, { type: 'signalbox.call.succeeded' | 'signalbox.call.failed' }>,
) {
  const { durationMs } = event.data;
  const startedAtMs = Date.parse(event.time) - durationMs;
  if (event.type === 'signalbox.call.failed') {
    return { status: 'failed', startedAtMs, durationMs } as const;
  }
  const { model, usage } = event.data;
  return {
    status: 'succeeded',
    startedAtMs,
    durationMs,
    ...(model !== undefined && { model }),
    ...(usage && { usage }),
  } as const;
}
