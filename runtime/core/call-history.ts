/**
 * The calls of an attempt, put together from their events.
 *
 * Invariants
 * H3. A call is what one holder (fence) did under one number (ordinal); names repeat. A replay
 *     publishes the first holder's events again and adds nothing; two holders that both asked made
 *     two calls.
 * H4. A call without an end runs only while its holder does; afterwards it is lost, and uncertain if
 *     a later holder, of this attempt or of another one, had to say so.
 */
import type { PlatformEvent } from './platform-event.ts';

export interface CallHistory {
  readonly call: string;
  readonly kind: 'model' | 'effect' | 'tool';
  readonly fence: number;
  /** Its number among the calls of its holder. */
  readonly ordinal: number;
  readonly status: 'running' | 'succeeded' | 'failed' | 'lost' | 'uncertain';
  readonly startedAtMs: number;
  /** What was asked, by its hash; absent where nobody told. */
  readonly requestHash?: string;
  /** Present when it succeeded or failed. */
  readonly durationMs?: number;
  readonly model?: string;
  /** Of a reply, fitting or not; `usd` where its price was known. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
  readonly usd?: number;
  /** The run whose recorded result it took over; nothing was called. */
  readonly reusedFrom?: string;
}

export type CallEvent = Extract<PlatformEvent, { type: `signalbox.call.${string}` }>;

export const isCallEvent = (event: PlatformEvent): event is CallEvent =>
  event.type.startsWith('signalbox.call.');

/** Names of calls, with the newest fence under which each was doubted. */
export type Doubts = ReadonlyMap<string, number>;

/** A model call and an effect may have the same name; only the effect is ever doubted. */
const nameOf = ({ kind, call }: Pick<CallHistory, 'kind' | 'call'>): string => `${kind}:${call}`;

/** @param events of all attempts of a step: the attempt that doubts a call may be the next one */
export function doubtsOf(events: readonly PlatformEvent[]): Doubts {
  const doubts = new Map<string, number>();
  for (const { type, fence, data } of events) {
    if (type !== 'signalbox.call.uncertain') continue;
    const name = nameOf(data);
    doubts.set(name, Math.max(fence, doubts.get(name) ?? 0));
  }
  return doubts;
}

/**
 * The calls of one attempt, in the order in which they began.
 * @param step.liveFence of the holder that still works; `null` when none does
 */
export function callsOf(
  events: readonly CallEvent[],
  { liveFence, doubts }: { readonly liveFence: number | null; readonly doubts: Doubts },
): readonly CallHistory[] {
  const groups = Map.groupBy(events, ({ fence, ordinal }) => `${fence}#${ordinal}`);
  return [...groups.values()]
    .flatMap((group) => callOf(group) ?? [])
    .map((call) => (call.fence === liveFence ? call : withoutHolder(call, doubts)))
    .sort((a, b) => a.startedAtMs - b.startedAtMs || a.fence - b.fence || a.ordinal - b.ordinal);
}

function withoutHolder(call: CallHistory, doubts: Doubts): CallHistory {
  if (call.status !== 'running') return call;
  const isDoubted = (doubts.get(nameOf(call)) ?? 0) > call.fence;
  return { ...call, status: isDoubted ? 'uncertain' : 'lost' };
}

/** From the events of one call: its end if there is one, else its beginning, else the doubt about it. */
function callOf(events: readonly CallEvent[]): CallHistory | null {
  const first = events[0];
  if (!first) return null;
  const { fence, ordinal, data } = first;
  const requestHash = events
    .map((event) => event.data.requestHash)
    .find((one) => one !== undefined);
  const call = {
    call: data.call,
    kind: data.kind,
    fence,
    ordinal,
    ...(requestHash !== undefined && { requestHash }),
  };
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
  const { durationMs, usage, usd } = event.data;
  const cost = { ...(usage && { usage }), ...(usd !== undefined && { usd }) };
  const startedAtMs = Date.parse(event.time) - durationMs;
  if (event.type === 'signalbox.call.failed') {
    return { status: 'failed', startedAtMs, durationMs, ...cost } as const;
  }
  const { model, reusedFrom } = event.data;
  return {
    status: 'succeeded',
    startedAtMs,
    durationMs,
    ...(model !== undefined && { model }),
    ...cost,
    ...(reusedFrom !== undefined && { reusedFrom }),
  } as const;
}
