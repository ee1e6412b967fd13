/** What is left when the world is quiet: what the API shows, and what read models made anew would show. */
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { projectEvents } from '#runtime/lambda/project-events.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import type { ReadModelReader } from '#runtime/ports.ts';
import { kinesisBatch } from '../support/stream-batch.ts';
import type { Remains, Shown } from './check/check.ts';
import type { World } from './world.ts';

export async function remainsOf(world: World, unrest: string | null): Promise<Remains> {
  const runs = world.acceptedRuns;
  const [first, second] = [await rebuilt(world, 'once'), await rebuilt(world, 'twice')];
  return {
    unrest,
    shown: await shownBy(world, world.readModel, runs),
    rebuilt: [await shownBy(world, first, runs), await shownBy(world, second, runs)],
    listed: await listedBy(world),
  };
}

async function shownBy(
  world: World,
  readModel: ReadModelReader,
  runs: readonly string[],
): Promise<ReadonlyMap<string, Shown>> {
  const get = world.reader(readModel);
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
  const { runs = [] } = (await world.reader(world.readModel)('/runs')) ?? {};
  return new Map(runs.map(({ id, status }: { id: string; status: string }) => [id, status]));
}

/** A read model of the same events: each once, in another order; or some of them twice. */
async function rebuilt(world: World, how: 'once' | 'twice'): Promise<MemoryReadModel> {
  const readModel = new MemoryReadModel();
  const random = world.random.stream(`rebuild ${how}`);
  const records = [...new Set(world.stream.records)];
  const doubled =
    how === 'once' ? records : [...records, ...records.filter(() => random.chance(0.3))];
  const ports = { readModel, deadLetters: new MemoryLedger().deadLetters, telemetry: SILENT };
  await projectEvents(ports, kinesisBatch(random.shuffled(doubled)));
  return readModel;
}
