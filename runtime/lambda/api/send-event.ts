/**
 * Tells an event from outside, to a run that there is or to a new one.
 *
 * Order: the event into the inbox, where its first put stays; then, of a new run, its record and what
 * follows from it (`front-door.ts`); then the stream. Whoever repeats the request goes on with the event
 * that is there, so a crash between any two of them is finished by the next one, and two at once tell one
 * event. Until the answer has come, nobody is promised anything.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import type { RunRecord } from '../../contracts/ledger.ts';
import {
  type ExternalFact,
  eventIdOf,
  externalEvent,
  reactiveRun,
  tellsAgain,
} from '../../core/external-event.ts';
import { runIdOf } from '../../core/run-id.ts';
import type { StartRequest } from '../../core/start-run.ts';
import type { ApiDependencies } from './dependencies.ts';
import { type EventBody, eventsOf, factOf, subscriptionsFor } from './event-request.ts';
import { acceptNew } from './front-door.ts';
import { RequestRefusedError } from './problem.ts';
import { endOf, recordOf } from './run-record.ts';

/** A request to tell an event. */
export interface AskedEvent {
  readonly tenant: string;
  readonly body: EventBody;
  /** `null` when the caller has none: then every request tells another event. */
  readonly idempotencyKey: string | null;
  /** `null` when the caller has none. */
  readonly traceparent: string | null;
}

/** @throws RequestRefusedError */
export const sendEvent = (ports: ApiDependencies, asked: AskedEvent): Promise<SignalboxEvent> =>
  asked.body.run === undefined ? begin(ports, asked) : goOn(ports, asked, asked.body.run);

async function begin(ports: ApiDependencies, asked: AskedEvent): Promise<SignalboxEvent> {
  const { body, tenant, idempotencyKey, traceparent } = asked;
  const { contract, defVersion } = subscriptionsFor(ports, body);
  const fact = await factOf(contract.events, body);
  const request: StartRequest = {
    run:
      idempotencyKey === null
        ? ports.system.randomId()
        : runIdOf(tenant, contract.name, idempotencyKey),
    tenant,
    workflow: contract.name,
    defVersion,
    sent: fact,
    input: fact,
    tags: {},
    deadlineSeconds: contract.deadlineSeconds,
    deadlineMs: null,
    traceparent,
  };
  const nowMs = ports.system.now();
  const event = await keep(ports, asked, { record: reactiveRun(request, nowMs), fact, nowMs });
  const record = reactiveRun(request, Date.parse(event.time));
  const acceptance = await acceptNew(ports, record, fact);
  if (acceptance.kind === 'conflict') throw keyTaken(record.run);
  return event;
}

async function goOn(
  ports: ApiDependencies,
  asked: AskedEvent,
  run: string,
): Promise<SignalboxEvent> {
  const { body, tenant, idempotencyKey } = asked;
  const record = await recordOf(ports, { run, tenant });
  const fact = await factOf(eventsOf(ports, record, body), body);
  const id = idempotencyKey === null ? null : eventIdOf(run, idempotencyKey);
  const isTold = id !== null && (await ports.inbox.read({ run, id })) !== null;
  if (!isTold) await refuseEnded(ports, record);
  const event = await keep(ports, asked, { record, fact, nowMs: ports.system.now() });
  await ports.events.append([event]);
  return event;
}

/** Puts the event where its first put stays. */
async function keep(
  { inbox, system }: ApiDependencies,
  { idempotencyKey }: AskedEvent,
  told: { readonly record: RunRecord; readonly fact: ExternalFact; readonly nowMs: number },
): Promise<SignalboxEvent> {
  const { record, fact, nowMs } = told;
  const id = idempotencyKey === null ? system.randomId() : eventIdOf(record.run, idempotencyKey);
  const event = externalEvent(record, { ...fact, id, atMs: nowMs });
  const put = await inbox.put(event);
  const kept = put.kind === 'conflict' ? (put.current ?? event) : event;
  if (!tellsAgain(kept, fact)) throw keyTaken(record.run);
  return kept;
}

async function refuseEnded(ports: ApiDependencies, record: RunRecord): Promise<void> {
  const { run, gen, kind } = record;
  const next = kind === 'reactive' ? ' Send the event without "run" to begin another one.' : '';
  const because = (why: string): RequestRefusedError =>
    new RequestRefusedError(
      'run-ended',
      `Run ${run} ${why} (generation ${gen}), and hears of nothing any more.${next}`,
    );
  if (record.stop) throw because('was stopped');
  if (Date.parse(record.deadlineAt) <= ports.system.now()) throw because('is past its deadline');
  const end = await endOf(ports, record);
  if (end) throw because(`has ${end.status}`);
}

const keyTaken = (run: string): RequestRefusedError =>
  new RequestRefusedError(
    'idempotency-conflict',
    `The Idempotency-Key was used for another event, of run ${run}; send the event of then, or use another key.`,
  );
