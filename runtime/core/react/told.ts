/**
 * What the router tells of a run: that it began, what it did not react to, how it ended.
 *
 * Invariants
 * R4. Every event is made of the record alone: whoever tells it again tells the same, id and content.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import type { OwedDrop, ReactionsEnd, ReactionsRecord } from '../../contracts/reactions.ts';
import { elapsedMs } from '../elapsed.ts';
import { type EventScope, platformEvent } from '../event.ts';
import { whyUnstorable } from '../storable.ts';
import { pathOf } from './message.ts';

const scopeOf = ({ envelope }: ReactionsRecord): EventScope => ({
  source: 'signalbox/router',
  run: envelope.id,
  root: envelope.root,
  gen: envelope.gen,
  tenant: envelope.tenant,
  workflow: envelope.workflow,
  traceparent: envelope.traceparent,
  fence: 0,
});

export const startedEvent = (state: ReactionsRecord): SignalboxEvent =>
  platformEvent(scopeOf(state), {
    type: 'signalbox.run.started',
    atMs: Date.parse(beganAt(state)),
    data: {},
  });

export function droppedEvent(state: ReactionsRecord, drop: OwedDrop): SignalboxEvent {
  const { rule, why, events, message, atMs } = drop;
  const step = { path: pathOf(drop), attempt: '0.0' };
  return platformEvent(
    { ...scopeOf(state), step },
    {
      type: 'signalbox.reaction.dropped',
      atMs,
      data: { rule, why, events: [...events], message },
    },
  );
}

/** @param output data of the event that completed the run; left out where an event cannot carry it */
export function endEvent(
  state: ReactionsRecord,
  { status, atMs, error }: ReactionsEnd,
  output: unknown,
): SignalboxEvent {
  const durationMs = elapsedMs(Date.parse(beganAt(state)), atMs);
  if (status !== 'succeeded') {
    const { name = '', cause = '' } = error ?? {};
    const data = { durationMs, error: name, cause };
    return platformEvent(scopeOf(state), { type: `signalbox.run.${status}`, atMs, data });
  }
  const succeeded = (data: { durationMs: number; output?: unknown }): SignalboxEvent =>
    platformEvent(scopeOf(state), { type: 'signalbox.run.succeeded', atMs, data });
  const event = succeeded({ durationMs, output });
  return whyUnstorable(event) === null ? event : succeeded({ durationMs });
}

const beganAt = ({ startedAt, acceptedAt }: ReactionsRecord): string => startedAt ?? acceptedAt;
