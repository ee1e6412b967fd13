/** What is left when the world is quiet: what the API shows, and what read models made anew would show. */
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { projectEvents } from '#runtime/lambda/project-events.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import type { ReadModelReader } from '#runtime/ports.ts';
import { lambdaContext, restEvent } from '../support/rest-event.ts';
import { kinesisBatch } from '../support/stream-batch.ts';
import type { Remains, Shown } from './check/check.ts';
import { calmApi } from './functions.ts';
import type { World } from './world.ts';

export async function remainsOf(world: World, unrest: string | null): Promise<Remains> {
  const runs = [...world.services.ledger.runs.keys()];
  const [first, second] = [await rebuilt(world, 'once'), await rebuilt(world, 'twice')];
  return {
    unrest,
    shown: await shownBy(world, world.services.readModel, runs),
    rebuilt: [await shownBy(world, first, runs), await shownBy(world, second, runs)],
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
  const { runs = [] } = (await reader(world, world.services.readModel)('/runs')) ?? {};
  return new Map(runs.map(({ id, status }: { id: string; status: string }) => [id, status]));
}

/** Reads through the API; `null` for what is not there. */
function reader(world: World, readModel: ReadModelReader) {
  const handle = calmApi(world.services, readModel);
  return async (path: string) => {
    const { statusCode, body } = await handle(restEvent({ path }), lambdaContext);
    return statusCode === 200 ? JSON.parse(body) : null;
  };
}

/** A read model of the same events: each once, in another order; or some of them twice. */
async function rebuilt(world: World, how: 'once' | 'twice'): Promise<MemoryReadModel> {
  const readModel = new MemoryReadModel();
  const random = world.services.random.stream(`rebuild ${how}`);
  const records = [...new Set(world.services.stream.records)];
  const doubled =
    how === 'once' ? records : [...records, ...records.filter(() => random.chance(0.3))];
  const ports = { readModel, deadLetters: new MemoryLedger().deadLetters, telemetry: SILENT };
  await projectEvents(ports, kinesisBatch(random.shuffled(doubled)));
  return readModel;
}
