import type { SignalboxEvent } from '../contracts/event.ts';
import type { PlatformEventData, PlatformEventType } from '../contracts/event-types.ts';
import type { Reaction } from '../contracts/task-message.ts';
import { hash } from './hash.ts';

/** Where an event belongs: everything but what happened. */
export interface EventScope {
  readonly source: string;
  readonly run: string;
  readonly root: string;
  readonly gen: number;
  readonly tenant: string;
  readonly workflow: string;
  readonly traceparent?: string;
  /** For events of a step: its path and the attempt as `redrive.retry`. */
  readonly step?: { readonly path: string; readonly attempt: string };
  readonly fence: number;
  /** For events of a reaction: what it reacts to. */
  readonly reaction?: Reaction;
}

export interface Fact {
  readonly type: string;
  /** Epoch milliseconds at which it happened. */
  readonly atMs: number;
  readonly data: unknown;
  /** @default 0 */
  readonly ordinal?: number;
}

/** Builds an event; the same scope and fact give the same id and content, byte for byte (V4). */
export function newEvent(scope: EventScope, fact: Fact): SignalboxEvent {
  const { source, run, root, gen, tenant, workflow, traceparent, step, fence, reaction } = scope;
  const ordinal = fact.ordinal ?? 0;
  return {
    specversion: '1.0',
    id: hash([run, gen, step?.path, step?.attempt, fence, fact.type, ordinal]),
    source,
    type: fact.type,
    time: new Date(fact.atMs).toISOString(),
    datacontenttype: 'application/json',
    ...(step && { subject: step.path, attempt: step.attempt }),
    data: fact.data,
    run,
    root,
    gen,
    tenant,
    workflow,
    fence,
    ordinal,
    ...(traceparent !== undefined && { traceparent }),
    ...(reaction && attributesOf(reaction)),
  };
}

const attributesOf = ({ cause, origin, hops, replay }: Reaction) => ({
  cause,
  origin,
  hops,
  ...(replay && { replay: replay.id }),
});

/** A platform event, its payload checked by type. */
export const platformEvent = <T extends PlatformEventType>(
  scope: EventScope,
  fact: Omit<Fact, 'type' | 'data'> & { readonly type: T; readonly data: PlatformEventData<T> },
): SignalboxEvent => newEvent(scope, fact);

/** An event that was sent to the front door is its own origin (contracts/subscriptions.ts). */
export const isFromOutside = ({ id, origin }: Pick<SignalboxEvent, 'id' | 'origin'>): boolean =>
  origin === id;
