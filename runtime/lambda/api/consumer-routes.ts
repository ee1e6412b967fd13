/** The routes of the stream's consumers: how far they are, and what waits in their lanes. */
import {
  CONSUMERS,
  type ConsumerList,
  type ConsumerName,
  type ConsumerView,
  type ShardLag,
} from '../../contracts/consumers.ts';
import { shardLags } from '../../core/consume/lag.ts';
import type { Checkpoint, LaneSummary } from '../../ports.ts';
import type { ApiDependencies, RouteHandler } from './dependencies.ts';
import { refuseParameters } from './query.ts';
import { jsonResponse } from './response.ts';

/** Open lanes that are shown of a consumer. */
const LANES = 50;

const NAMES = Object.keys(CONSUMERS) as readonly ConsumerName[];

export const listConsumers =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event }) => {
    refuseParameters(event);
    const checkpoints = await dependencies.checkpoints.list();
    const [shards, lanes] = await Promise.all([
      lagsByConsumer(dependencies, checkpoints),
      Promise.all(NAMES.map((name) => openLanes(dependencies, name))),
    ]);
    const list: ConsumerList = {
      consumers: NAMES.map((name, i) => viewOf(name, checkpoints, shards[i] ?? [], lanes[i] ?? [])),
    };
    return jsonResponse(200, list);
  };

const openLanes = (
  { lanes }: ApiDependencies,
  name: ConsumerName,
): Promise<readonly LaneSummary[]> => lanes.list({ consumer: CONSUMERS[name], limit: LANES + 1 });

/** Of each consumer, in the order of `NAMES`, its lag in every shard. */
async function lagsByConsumer(
  { tail, system }: ApiDependencies,
  checkpoints: readonly Checkpoint[],
): Promise<readonly (readonly ShardLag[])[]> {
  const shards = await tail.shards();
  const byShard = await Promise.all(
    shards.map((shard) => {
      const places = NAMES.map(
        (name) =>
          checkpoints.find((one) => one.consumer === CONSUMERS[name] && one.shard === shard) ??
          null,
      );
      return shardLags(shard, places, system.now(), (after) => tail.behind({ shard, after }));
    }),
  );
  return NAMES.map((_, i) => byShard.flatMap((lags) => lags[i] ?? []));
}

function viewOf(
  name: ConsumerName,
  checkpoints: readonly Checkpoint[],
  shards: readonly ShardLag[],
  lanes: readonly LaneSummary[],
): ConsumerView {
  const own = checkpoints.filter(({ consumer }) => consumer === CONSUMERS[name]);
  return {
    name,
    function: CONSUMERS[name],
    shards,
    lanes: lanes.slice(0, LANES).map(({ consumer: _, ...lane }) => lane),
    moreLanes: lanes.length > LANES,
    handled: own.reduce((sum, { handled }) => sum + handled, 0),
    parked: own.reduce((sum, { parked }) => sum + parked, 0),
  };
}
