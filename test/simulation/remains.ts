/** What is left when the world is quiet: what the API shows, and what read models made anew would show. */
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { MemoryStageMeter } from '#runtime/adapters/memory/stage-meter.ts';
import { projectEvents } from '#runtime/lambda/project-events.ts';
import type { ReadModelReader } from '#runtime/ports.ts';
import { consumerPorts } from '../support/consumer-ports.ts';
import { lambdaContext, restEvent } from '../support/rest-event.ts';
import { kinesisBatch } from '../support/stream-batch.ts';
import type { Remains, Shown } from './check/check.ts';
import { calmApi } from './functions.ts';
import type { World } from './world.ts';

export async function remainsOf(world: World, unrest: string | null): Promise<Remains> {
  const runs = [...world.services.ledger.runs.keys()];
  return {
    unrest,
    stuck: [],
    shown: await shownBy(world, world.services.readModel, runs),
    rebuilt: await shownBy(world, await rebuilt(world), runs),
    listed: await listedBy(world),
  };
}

async function shownBy(
  world: World,
  readModel: ReadModelReader,
  runs: readonly string[],
): Promise<ReadonlyMap<string, Shown>> {
  const get = reader(world, readModel);
  const shown = new Map<string, Shown>();
  for (const run of runs) {
    shown.set(run, {
      view: await get(`/runs/${run}`),
      trace: await get(`/runs/${run}/trace`),
    });
  }
  return shown;
}

async function listedBy(world: World): Promise<ReadonlyMap<string, string>> {
  const get = reader(world, world.services.readModel);
  const listed = new Map<string, string>();
  for (let query = ''; ; ) {
    const { runs = [], next } = (await get('/runs', query)) ?? {};
    for (const { id, status } of runs) listed.set(id, status);
    if (next === undefined) return listed;
    query = next;
  }
}

/** Reads through the API; `null` for what is not there. */
function reader(world: World, readModel: ReadModelReader) {
  const handle = calmApi(world.services, readModel);
  return async (path: string, cursor = '') => {
    const query = cursor === '' ? {} : { cursor };
    const { statusCode, body } = await handle(restEvent({ path, query }), lambdaContext);
    return statusCode === 200 ? JSON.parse(body) : null;
  };
}

/** A read model of the same events, in another order, some of them twice. */
async function rebuilt(world: World): Promise<MemoryReadModel> {
  const readModel = new MemoryReadModel();
  const random = world.services.random.stream('rebuild');
  const records = [...new Set(world.services.stream.records)];
  const doubled = [...records, ...records.filter(() => random.chance(0.2))];
  const ports = {
    ...consumerPorts({ system: world.services.system }),
    readModel,
    meter: new MemoryStageMeter(),
  };
  await projectEvents(ports, kinesisBatch(random.shuffled(doubled)));
  return readModel;
}
