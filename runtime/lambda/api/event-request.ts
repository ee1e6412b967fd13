/**
 * From a request to the event that it tells, and to whom: checked, and nothing left to find out later.
 *
 * Invariant Q2: everything that is wrong with the data is told at once, field by field.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import type { EventTypes } from '../../contracts/event-types.ts';
import type { RunRecord } from '../../contracts/ledger.ts';
import type { SubscriptionsContract } from '../../contracts/subscriptions.ts';
import type { ExternalFact } from '../../core/external-event.ts';
import { bodyOf } from './change-request.ts';
import type { ApiDependencies } from './dependencies.ts';
import { fieldProblems, OUR_WORDS } from './field-problems.ts';
import { quoted, RequestRefusedError } from './problem.ts';
import { refuseTooLarge } from './request.ts';

const name = z.string().check(z.minLength(1), z.maxLength(128));
const EventBody = z.strictObject({
  type: name,
  data: z.unknown(),
  run: z.exactOptional(name),
  subscriptions: z.exactOptional(name),
});
export type EventBody = z.output<typeof EventBody>;

/** @throws RequestRefusedError naming the fields and what is allowed. */
export function eventBodyOf(event: APIGatewayProxyEvent): EventBody {
  const body = bodyOf(EventBody, event);
  if (!body.type.startsWith('signalbox.')) return body;
  throw new RequestRefusedError(
    'event-type-reserved',
    `The type is ${quoted(body.type)}; types that begin with "signalbox." are the platform's own, and nobody else tells them. Declare the event in the contract of subscriptions or of a workflow.`,
  );
}

type Contracts = Pick<ApiDependencies, 'subscriptions' | 'workflows'>;
type Found = NonNullable<ReturnType<ApiDependencies['subscriptions']['get']>>;

/** The subscriptions whose run an event without a run begins. @throws RequestRefusedError */
export function subscriptionsFor(contracts: Contracts, body: EventBody): Found {
  const all = [...contracts.subscriptions.values()];
  if (body.subscriptions !== undefined) return namedIn(contracts, body, body.subscriptions);
  const taking = all.filter(({ contract }) => Object.hasOwn(contract.events, body.type));
  const [only, ...others] = taking;
  if (!only)
    throw unknownType(
      body.type,
      all.map(({ contract }) => contract),
    );
  if (others.length === 0) return only;
  throw new RequestRefusedError(
    'subscriptions-ambiguous',
    `The event ${quoted(body.type)} could begin a run of any of: ${namesOf(taking)}. Name one of them in "subscriptions".`,
  );
}

function namedIn({ subscriptions }: Contracts, { type }: EventBody, named: string): Found {
  const found = subscriptions.get(named);
  if (!found) {
    throw new RequestRefusedError(
      'subscriptions-unknown',
      `There are no subscriptions ${quoted(named)}; deployed: ${[...subscriptions.keys()].join(', ') || 'none'}`,
    );
  }
  if (!Object.hasOwn(found.contract.events, type)) throw unknownType(type, [found.contract]);
  return found;
}

const namesOf = (found: readonly Found[]): string =>
  found.map(({ contract }) => contract.name).join(', ');

/** What a run may be told, by its contract. @throws RequestRefusedError */
export function eventsOf(
  { subscriptions, workflows }: Contracts,
  { workflow }: RunRecord,
  body: EventBody,
): EventTypes {
  const isOther = body.subscriptions !== undefined && body.subscriptions !== workflow;
  const contract = (subscriptions.get(workflow) ?? workflows.get(workflow))?.contract;
  const declared = { name: workflow, events: contract?.events ?? {} };
  if (isOther || !Object.hasOwn(declared.events, body.type)) {
    throw isOther ? otherSubscriptions(body, workflow) : unknownType(body.type, [declared]);
  }
  return declared.events;
}

const otherSubscriptions = (
  { run = '', subscriptions = '' }: EventBody,
  workflow: string,
): RequestRefusedError =>
  new RequestRefusedError(
    'request-invalid',
    `Run ${quoted(run)} is one of ${quoted(workflow)}, not of ${quoted(subscriptions)}; leave "subscriptions" out.`,
  );

function unknownType(
  type: string,
  contracts: readonly Pick<SubscriptionsContract, 'name' | 'events'>[],
): RequestRefusedError {
  const known = contracts.map(
    ({ name, events }) => `${name}: ${Object.keys(events).join(', ') || 'none'}`,
  );
  return new RequestRefusedError(
    'event-type-unknown',
    `Nobody takes the event ${quoted(type)} here. Taken by ${known.join('; ') || 'no subscriptions: none are deployed'}.`,
  );
}

/** The event's data as their schema makes them. @throws RequestRefusedError */
export async function factOf(events: EventTypes, { type, data }: EventBody): Promise<ExternalFact> {
  const schema = events[type];
  if (!schema) throw unknownType(type, []);
  const parsed = await z.safeParseAsync(schema, data, OUR_WORDS);
  if (!parsed.success) {
    const errors = fieldProblems(parsed.error.issues, ['data']);
    const fields = errors.map(({ field }) => field).join(', ');
    throw new RequestRefusedError(
      'event-data-invalid',
      `The data do not fit the event ${quoted(type)}: see ${fields}`,
      { errors },
    );
  }
  const made: unknown = parsed.data ?? null;
  // Numbers and escapes may grow on the way from the body to the schema's output.
  refuseTooLarge('The data', Buffer.byteLength(JSON.stringify(made)));
  return { type, data: made };
}
