/**
 * What an attempt of a step has waited for, put together from its events.
 *
 * Invariant H1: the result depends on the set of events only (R11).
 */
import type { WaitView } from '../../contracts/api.ts';
import { WAIT_SERVER } from '../../contracts/wait.ts';
import type { PlatformEvent } from '../platform-event.ts';

export interface WaitHistory {
  /** Epoch milliseconds. */
  readonly fromMs: number;
  readonly view: WaitView;
}

type ApprovalEvent = Extract<PlatformEvent, { type: `signalbox.approval.${string}` }>;

export const isApprovalEvent = (event: PlatformEvent): event is ApprovalEvent =>
  event.type.startsWith('signalbox.approval.');

/** @param events of one attempt; `null` when it has not waited for an event or a person */
export function waitOf(events: readonly PlatformEvent[]): WaitHistory | null {
  const waiting = events.find((event) => event.type === 'signalbox.step.waiting');
  if (waiting?.data.agent !== WAIT_SERVER) return null;
  const { until } = waiting.data;
  const fromMs = Date.parse(waiting.time);
  if (waiting.data.for !== 'approval') {
    return { fromMs, view: { for: 'event', event: waiting.data.for, until } };
  }
  const asked = events.find((event) => event.type === 'signalbox.approval.requested')?.data;
  const decided = events.find((event) => event.type === 'signalbox.approval.decided');
  return {
    fromMs,
    view: {
      for: 'approval',
      until,
      title: asked?.title ?? '',
      options: asked?.options ?? [],
      ...(asked?.show !== undefined && { show: asked.show }),
      ...(decided && { decided: { ...decidedOf(decided.data), at: decided.time } }),
    },
  };
}

const decidedOf = ({
  decision,
  by,
  note,
}: Extract<PlatformEvent, { type: 'signalbox.approval.decided' }>['data']) => ({
  decision,
  by,
  ...(note !== undefined && { note }),
});
