/**
 * Events from outside: what a request makes of one, and the run that it may begin.
 *
 * Boundary: no I/O. Requests come here checked: the type is known, the data fit its schema.
 * Invariants
 * R4. The same run and key name the same event. Which one it is, its first put decides: a repeat is
 *     answered with the event of then, its time included.
 * R1. The record of a reactive run follows from its first event, so whoever goes on after a crash makes
 *     the same one.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { RunRecord } from '../contracts/ledger.ts';
import { newEvent } from './event.ts';
import { hash } from './hash.ts';
import { newRun, type StartRequest } from './start-run.ts';

/** An event as it is told, and what a repeat has to say as well. */
export interface ExternalFact {
  readonly type: string;
  /** As its schema made it. */
  readonly data: unknown;
}

/** The id of the event that a request with an Idempotency-Key tells a run. */
export const eventIdOf = (run: string, idempotencyKey: string): string =>
  hash([run, 'external', idempotencyKey]);

/** An event from outside has no step, no holder, and nothing before it. */
export const externalEvent = (
  record: RunRecord,
  { id, atMs, type, data }: ExternalFact & { readonly id: string; readonly atMs: number },
): SignalboxEvent => {
  const { run, root, gen, tenant, workflow, traceparent } = record;
  const scope = { run, root, gen, tenant, workflow, traceparent, fence: 0 };
  return {
    ...newEvent({ source: 'signalbox/api', ...scope }, { type, atMs, data }),
    // There may be many of one type in a run, and nothing but the request tells them apart.
    id,
    origin: id,
    hops: 0,
  };
};

/** Whether a request that found `event` under its id tells that very event. */
export const tellsAgain = (event: SignalboxEvent, { type, data }: ExternalFact): boolean =>
  event.type === type && hash(event.data) === hash(data);

/** The record of the run that an event begins, accepted when the event happened. */
export const reactiveRun = (request: StartRequest, atMs: number): RunRecord => ({
  ...newRun(request, atMs),
  kind: 'reactive',
});
