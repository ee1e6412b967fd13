/**
 * The routes of the past: replays, rebuilt read models, and what waits in lanes.
 *
 * Order: the record first, then the message that sets it going. A request that crashed between the two
 * left a replay that says `running` and does not move: `goOn` sends the message again.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { LanesOrder, ReplayView } from '../../contracts/api.ts';
import { type ReplayableConsumer, replayQueue } from '../../contracts/consumers.ts';
import { PLATFORM_NAMES } from '../../contracts/names.ts';
import type { ReplayMessage, ReplayOrder, ReplayRecord } from '../../contracts/replay.ts';
import { DEFAULT_TENANT } from '../../contracts/tenant.ts';
import { hash } from '../../core/hash.ts';
import { isSameOrder, newReplay, rebuildOrder } from '../../core/replay/progress.ts';
import type { ApiDependencies, RouteHandler } from './dependencies.ts';
import { refuseUnknownLane, refuseUnknownNames } from './past-names.ts';
import { quoted, RequestRefusedError } from './problem.ts';
import { refuseParameters } from './query.ts';
import { lanesBodyOf, rebuildBodyOf, replayableOf, replayOrderOf } from './replay-request.ts';
import { idempotencyKeyOf } from './request.ts';
import { jsonResponse } from './response.ts';

export const startReplay =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, parameter }) => {
    refuseParameters(event);
    const consumer = replayableOf(parameter);
    const nowMs = dependencies.system.now();
    const asked = replayOrderOf(event, consumer, nowMs);
    await refuseUnknownNames(dependencies, asked);
    return begin(dependencies, event, { asked, nowMs });
  };

export const startRebuild =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, parameter }) => {
    refuseParameters(event);
    if (parameter !== 'projector') {
      throw new RequestRefusedError(
        'consumer-unknown',
        `${quoted(parameter)} has no read model to rebuild; allowed: projector`,
      );
    }
    const nowMs = dependencies.system.now();
    return begin(dependencies, event, { asked: rebuildOrder(rebuildBodyOf(event), nowMs), nowMs });
  };

export const getReplay =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, parameter, second }) => {
    refuseParameters(event);
    return jsonResponse(200, viewOf(await known(dependencies, parameter, second)));
  };

/** Sends a replay's message again: for one that does not move, because its message was given up. */
export const goOn =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, parameter, second }) => {
    refuseParameters(event);
    const record = await known(dependencies, parameter, second);
    if (record.state !== 'done') await send(dependencies, record);
    return jsonResponse(202, viewOf(record));
  };

export const drain =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, parameter }) => {
    refuseParameters(event);
    const consumer = replayableOf(parameter);
    const body = lanesBodyOf(event);
    if (body.run !== undefined) await refuseUnknownLane(dependencies, consumer, body.run);
    await order(dependencies, replayQueue(consumer), { kind: 'lanes', ...body });
    const ordered: LanesOrder = { consumer, ...body };
    return jsonResponse(202, ordered);
  };

/** The same Idempotency-Key names the same replay: a repeat sets going what the first request has left. */
async function begin(
  dependencies: ApiDependencies,
  event: APIGatewayProxyEvent,
  { asked, nowMs }: { readonly asked: ReplayOrder; readonly nowMs: number },
): Promise<Response> {
  const { replays, system } = dependencies;
  const key = idempotencyKeyOf(event);
  const id = key === null ? system.randomId().toLowerCase() : hash([asked.consumer, key]);
  const record = newReplay(asked, id, nowMs);
  const put = await replays.put({ record, expectedRev: null });
  const current = put.kind === 'conflict' && put.current ? put.current : record;
  if (!isSameOrder(current, record)) {
    throw new RequestRefusedError(
      'idempotency-conflict',
      `The Idempotency-Key was used for another replay of the ${asked.consumer}; order the one of then, or use another key.`,
    );
  }
  if (current.state !== 'done') await send(dependencies, current);
  return jsonResponse(202, viewOf(current));
}

async function known(
  { replays }: ApiDependencies,
  consumer: string,
  id: string,
): Promise<ReplayRecord> {
  const record = await replays.read(id);
  if (record && record.consumer === replayableOf(consumer)) return record;
  throw new RequestRefusedError(
    'replay-unknown',
    `The ${quoted(consumer)} has no replay ${quoted(id)}; the answer to its start named it.`,
  );
}

const send = (dependencies: ApiDependencies, record: ReplayRecord): Promise<void> =>
  order(dependencies, queueOf(record), { kind: 'replay', id: record.id });

const queueOf = ({ consumer, table }: Pick<ReplayRecord, 'table'> & ConsumerOf): string =>
  table === undefined ? replayQueue(consumer) : PLATFORM_NAMES.rebuildReadModel;

interface ConsumerOf {
  readonly consumer: ReplayableConsumer;
}

const order = (
  { dispatcher }: ApiDependencies,
  queue: string,
  message: ReplayMessage,
): Promise<void> =>
  dispatcher.send({
    agent: queue,
    body: JSON.stringify(message),
    group: DEFAULT_TENANT,
    delaySeconds: 0,
  });

const viewOf = ({ rev: _, cursor, ...record }: ReplayRecord): ReplayView => ({
  ...record,
  at: cursor.key,
});
