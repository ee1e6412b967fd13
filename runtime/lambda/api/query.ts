import type { APIGatewayProxyEvent } from 'aws-lambda';
import { RUN_STATUSES, type RunStatus } from '../../contracts/status.ts';
import type { RunFilter } from '../../ports.ts';
import { quoted, RequestRefusedError } from './problem.ts';
import { instantOf } from './request.ts';

const LIST_LIMIT = { default: 20, max: 100 } as const;
const EVENTS_WAIT_MAX_SECONDS = 20;

export interface ListQuery {
  readonly filter: RunFilter;
  readonly limit: number;
  readonly cursor?: string;
}

const LIST_PARAMETERS = ['workflow', 'status', 'tag', 'from', 'to', 'limit', 'cursor'] as const;

/** @throws RequestRefusedError naming the parameter and what is allowed. */
export function listQueryOf(event: APIGatewayProxyEvent, tenant: string): ListQuery {
  const given = parametersOf(event, LIST_PARAMETERS);
  const { workflow, cursor } = given;
  const [status, tag, from, to, limit] = [
    given.status === undefined ? undefined : statusOf(given.status),
    given.tag === undefined ? undefined : tagOf(given.tag),
    given.from === undefined ? undefined : timeOf('from', given.from),
    given.to === undefined ? undefined : timeOf('to', given.to),
    given.limit === undefined ? LIST_LIMIT.default : limitOf(given.limit),
  ];
  return {
    filter: {
      tenant,
      ...(workflow !== undefined && { workflow: workflowOf(workflow) }),
      ...(status && { status }),
      ...(tag && { tag }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    },
    limit,
    ...(cursor !== undefined && { cursor }),
  };
}

export interface EventsQuery {
  readonly after?: string;
  readonly waitSeconds: number;
}

/** @throws RequestRefusedError naming the parameter and what is allowed. */
export function eventsQueryOf(event: APIGatewayProxyEvent): EventsQuery {
  const { after, wait } = parametersOf(event, ['after', 'wait']);
  const allowed = `whole seconds from 0 to ${EVENTS_WAIT_MAX_SECONDS}`;
  if (wait !== undefined && !(/^\d{1,2}$/.test(wait) && Number(wait) <= EVENTS_WAIT_MAX_SECONDS)) {
    throw refused('wait', wait, allowed);
  }
  return { ...(after !== undefined && { after }), waitSeconds: Number(wait ?? 0) };
}

/** Which generation of a run is asked for; `undefined` where the newest is. @throws RequestRefusedError */
export function generationQueryOf(event: APIGatewayProxyEvent): number | undefined {
  const { gen } = parametersOf(event, ['gen']);
  if (gen === undefined) return undefined;
  if (/^\d{1,6}$/.test(gen)) return Number(gen);
  throw refused('gen', gen, 'the number of a generation, from 0');
}

/** Which part of a payload is asked for. @throws RequestRefusedError */
export function partQueryOf(event: APIGatewayProxyEvent): number {
  const { part = '0' } = parametersOf(event, ['part']);
  if (/^\d{1,4}$/.test(part)) return Number(part);
  throw refused('part', part, 'the number of a part, from 0');
}

/** A page of a list without a filter. @throws RequestRefusedError */
export function pageQueryOf(event: APIGatewayProxyEvent): Pick<ListQuery, 'limit' | 'cursor'> {
  const { limit, cursor } = parametersOf(event, ['limit', 'cursor']);
  return {
    limit: limit === undefined ? LIST_LIMIT.default : limitOf(limit),
    ...(cursor !== undefined && { cursor }),
  };
}

/** For routes that take no parameters. */
export const refuseParameters = (event: APIGatewayProxyEvent): void => {
  parametersOf(event, []);
};

/** Each known parameter once; a misspelt one would be ignored and give a wrong answer. */
function parametersOf<const N extends string>(
  event: APIGatewayProxyEvent,
  names: readonly N[],
): Partial<Record<N, string>> {
  const lists = event.multiValueQueryStringParameters ?? {};
  const singles = event.queryStringParameters ?? {};
  const known = new Set<string>(names);
  for (const name of Object.keys({ ...singles, ...lists })) {
    const times = lists[name]?.length ?? 1;
    if (!known.has(name)) throw refused(name, null, names.join(', ') || 'no parameters here');
    if (times > 1) throw refused(name, `${times} values`, 'one value');
  }
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = lists[name]?.[0] ?? singles[name];
      return value === undefined ? [] : [[name, value]];
    }),
  ) as Partial<Record<N, string>>;
}

function refused(name: string, got: string | null, allowed: string): RequestRefusedError {
  const what = got === null ? `There is no parameter ${quoted(name)}` : `${name} is ${quoted(got)}`;
  return new RequestRefusedError('parameter-invalid', `${what}; allowed: ${allowed}`);
}

function workflowOf(text: string): string {
  if (/^[a-z][a-z0-9-]{0,39}$/.test(text)) return text;
  throw refused('workflow', text, 'the name of a workflow');
}

function statusOf(text: string): RunStatus {
  const status = RUN_STATUSES.find((known) => known === text);
  if (status) return status;
  throw refused('status', text, RUN_STATUSES.join(', '));
}

/** The first colon ends the key: keys have none, values may. */
function tagOf(text: string): { readonly key: string; readonly value: string } {
  const [, key, value] = /^([\w.-]{1,128}):(.{1,128})$/su.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return { key, value };
  throw refused('tag', text, 'key:value, each of 1 to 128 characters');
}

function timeOf(name: 'from' | 'to', text: string): string {
  const ms = instantOf(text);
  if (ms !== null) return new Date(ms).toISOString();
  throw refused(name, text, 'an instant with its offset, like 2026-11-24T13:05:00Z');
}

function limitOf(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIST_LIMIT.max) return limit;
  throw refused('limit', text, `a whole number from 1 to ${LIST_LIMIT.max}`);
}
