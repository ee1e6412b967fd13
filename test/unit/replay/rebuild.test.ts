import { expect, test } from 'vitest';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { MemoryReadModelTables } from '#runtime/adapters/memory/read-model-tables.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { platformEvent } from '#runtime/core/event.ts';
import { projectionsOf } from '#runtime/core/project.ts';
import { rebuildOrder } from '#runtime/core/replay/progress.ts';
import { takeRebuildOrders } from '#runtime/lambda/rebuild-read-model.ts';
import { Past } from '../../support/past.ts';
import { sqsBatch } from '../../support/stream-batch.ts';

const START_MS = Date.UTC(2026, 4, 1);

const scopeOf = (run: string) => ({
  ...{ source: 'signalbox/api', run, root: run, gen: 0, fence: 0 },
  ...{ tenant: 'default', workflow: 'support' },
});

const runEvents = (run: string, startMs = START_MS): readonly SignalboxEvent[] => [
  platformEvent(scopeOf(run), {
    type: 'signalbox.run.accepted',
    atMs: startMs,
    data: { inputHash: 'h', tags: {}, deadlineAt: '2026-05-03T00:00:00.000Z' },
  }),
  platformEvent(scopeOf(run), { type: 'signalbox.run.started', atMs: startMs + 1, data: {} }),
  platformEvent(scopeOf(run), {
    type: 'signalbox.run.succeeded',
    atMs: startMs + 2,
    data: { durationMs: 2 },
  }),
];

async function rebuilt(live: readonly SignalboxEvent[], archived: readonly SignalboxEvent[]) {
  const past = new Past();
  past.archive(archived);
  const readModel = new MemoryReadModel();
  await readModel.apply(live.flatMap(projectionsOf));
  const tables = new MemoryReadModelTables();
  const again: string[] = [];
  const ports = {
    ...past.ports,
    live: readModel,
    tables,
    sendAgain: async (body: string, seconds: number) => {
      again.push(body);
      await past.system.sleep(seconds * 1000);
    },
    telemetry: { log: () => undefined },
  };
  const id = await past.order(rebuildOrder({ rate: 1000 }, past.system.now()));
  for (let body = JSON.stringify({ kind: 'replay', id }); ; body = again.pop() ?? '') {
    const answer = await past.system.run(takeRebuildOrders(ports, sqsBatch([body])));
    expect(answer).toEqual({ batchItemFailures: [] });
    if (again.length === 0) break;
  }
  const record = await past.replays.read(id);
  return { record, fresh: (await tables.open(record?.table ?? '')).reader, readModel };
}

const RUNS = Array.from({ length: 45 }, (_, i) => `run-${i}`);
const everything = RUNS.flatMap((run) => runEvents(run));

test('a table made anew of the archive is what the live one is', async () => {
  const { record, fresh, readModel } = await rebuilt(everything, [...everything].reverse());
  expect(record).toMatchObject({
    state: 'done',
    counts: { handled: 135, failed: 0 },
    comparison: { compared: 45, different: 0, examples: [] },
  });
  expect(await fresh.listing('run-7')).toEqual(await readModel.listing('run-7'));
});

test('an event that the live table has and the archive has not is found', async () => {
  const { record } = await rebuilt(everything, everything.slice(0, -1));
  expect(record?.comparison).toMatchObject({
    different: 1,
    examples: [expect.stringMatching(/^run run-44: event .*run.succeeded.* not in the archive/)],
  });
});

test('a run that the live table has lost is found', async () => {
  const { record } = await rebuilt(everything.slice(3), everything);
  expect(record?.comparison).toMatchObject({
    different: 1,
    examples: [expect.stringMatching(/^run run-0: event .* is not in the live table/)],
  });
});

test('what has happened since the rebuild began is no difference', async () => {
  const lateMs = Date.UTC(2026, 4, 2, 0, 1) + 1000;
  const late = platformEvent(scopeOf('run-x'), {
    type: 'signalbox.run.failed',
    atMs: lateMs,
    data: { durationMs: 1, error: 'E', cause: 'c' },
  });
  const before = runEvents('run-x').slice(0, 2);
  const { record } = await rebuilt([...before, late], before);
  expect(record?.comparison).toMatchObject({ different: 0 });
});
