/**
 * The past of hundreds of mixed runs: the archive has all of it, and a read model that is made anew of
 * the archive is the one that grew event by event.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { ConsumerView } from '#runtime/contracts/consumers.ts';
import { deployed, eventually, live } from '../support/live.ts';
import { mixedRuns } from '../support/mixed-runs.ts';
import { pastStores } from '../support/past-stores.ts';

const isEmbedded = deployed !== null && deployed.cloudPid !== null;

describe.skipIf(!isEmbedded)('the past of hundreds of mixed runs, deployed', () => {
  const { client } = live();
  const stores = pastStores(deployed?.endpoint ?? '');
  const isCaughtUp = ({ shards }: ConsumerView): boolean =>
    shards.every(({ events, more }) => events === 0 && !more);
  let runs: readonly string[] = [];

  beforeAll(async () => {
    runs = await mixedRuns(client);
    // The events of the last ends are still on their way.
    await eventually(
      async () => (await client.consumers()).consumers,
      (consumers) => consumers.every(isCaughtUp),
    );
  });

  test('every event of the stream is in the archive, and nothing else is', async () => {
    expect(new Set(runs).size).toBeGreaterThanOrEqual(200);
    const streamed = await stores.streamed();
    // Runs of other tests may go on meanwhile.
    const archived = await eventually(stores.archived, (events) =>
      [...streamed.keys()].every((id) => events.has(id)),
    );
    const own = (events: ReadonlyMap<string, string>): readonly string[] =>
      [...events].flatMap(([id, run]) => (runs.includes(run) ? id : [])).sort();
    expect(own(archived)).toEqual(own(await stores.streamed()));
    expect(own(archived).length).toBeGreaterThan(10 * runs.length);
  });

  test('R11: a read model that is made anew of the archive is the live one', {
    timeout: 300_000,
  }, async () => {
    const { id } = await client.startRebuild('projector');
    const { counts, comparison, failures, table, to } = await eventually(
      () => client.replay('projector', id),
      ({ state }) => state === 'done',
      240,
    );
    expect(comparison).toMatchObject({ different: 0, examples: [] });
    expect(comparison?.compared).toBeGreaterThanOrEqual(runs.length);
    expect({ ...counts, failures }).toMatchObject({ failed: 0, failures: [] });

    const [before, after] = [await stores.items('read-model'), await stores.items(`${table}`)];
    const changed = runsSince(before, to);
    const past = (items: Items) =>
      Object.fromEntries(
        [...items].flatMap(([key, item]) => (changed.has(`${item.pk}`) ? [] : [[key, told(item)]])),
      );
    expect(runs.filter((run) => changed.has(run))).toEqual([]);
    expect(past(after)).toEqual(past(before));
    expect(Object.keys(past(after)).length).toBeGreaterThan(10 * runs.length);
  });
});

type Items = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** What an item says: not in how many writes it came about, or by which of them. */
const told = ({ rev: _, mark: __, ...item }: Readonly<Record<string, unknown>>) => item;

/** Runs, of other tests, in which something has happened since. */
const runsSince = (items: Items, since: string): ReadonlySet<string> =>
  new Set(
    [...items.values()].flatMap(({ pk, sk }) =>
      `${sk}` >= `event#${since}` && `${sk}` < 'event$' ? `${pk}` : [],
    ),
  );
