import { describe, expect, test } from 'vitest';
import type { ReadModelReader, ReadModelWriter, RunFilter } from '#runtime/ports.ts';
import { listingProjection, newRun, type ReadModelSubject, sampleListing } from './samples.ts';

/** What every read model does with lists of runs. */
export function testList(subject: () => ReadModelSubject): void {
  describe('order and paging', () => testOrder(subject));
  describe('cursors', () => testCursors(subject));
  describe('filters', () => testFilters(subject));
  describe('indexes', () => testIndexes(subject));
}

function testOrder(subject: () => ReadModelSubject): void {
  test('lists newest first, over pages of any size', async () => {
    const tenant = newTenant();
    const newestFirst = (await populate(subject().writer, tenant)).toReversed();
    for (const limit of [1, 5, 12, 13]) {
      expect(await listAll(subject().reader, { tenant }, limit)).toEqual(newestFirst);
    }
  });

  test('loses and repeats nothing among runs of the same instant', async () => {
    const tenant = newTenant();
    const runs = Array.from({ length: 7 }, newRun);
    await subject().writer.apply(
      runs.map((run) => listingProjection(run, { tenant, acceptedAt: at(1) })),
    );
    expect(await listAll(subject().reader, { tenant }, 2)).toEqual(runs.toSorted().toReversed());
  });

  test('goes on behind its cursor although newer runs have come', async () => {
    const tenant = newTenant();
    const runs = await populate(subject().writer, tenant);
    const first = await subject().reader.list({ filter: { tenant }, limit: 5 });
    await subject().writer.apply([listingProjection(newRun(), { tenant, acceptedAt: at(40) })]);
    const second = await subject().reader.list({
      filter: { tenant },
      limit: 5,
      cursor: first.next ?? '',
    });
    expect([...first.runs, ...second.runs].map(({ run }) => run)).toEqual(
      runs.toReversed().slice(0, 10),
    );
  });

  test('gives whole listings', async () => {
    const tenant = newTenant();
    const listing = sampleListing(newRun(), {
      tenant,
      acceptedAt: at(1),
      startedAt: at(2),
      deadlineAt: at(9),
      tags: { customer: 'c-1' },
      ...status('running'),
    });
    await subject().writer.apply([{ kind: 'listing', listing }]);
    const { runs } = await subject().reader.list({ filter: { tenant }, limit: 10 });
    expect(runs).toEqual([listing]);
  });
}

function testCursors(subject: () => ReadModelSubject): void {
  test.each(['', 'garbage', Buffer.from('[1]').toString('base64url')])(
    'refuses the cursor "%s"',
    async (cursor) => {
      const page = subject().reader.list({ filter: { tenant: newTenant() }, limit: 5, cursor });
      await expect(page).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    },
  );

  test('refuses a cursor of another filter', async () => {
    const tenant = newTenant();
    await populate(subject().writer, tenant);
    const { next = '' } = await subject().reader.list({ filter: { tenant }, limit: 5 });
    const filter = { tenant, workflow: 'support' };
    const page = subject().reader.list({ filter, limit: 5, cursor: next });
    await expect(page).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });
}

function testFilters(subject: () => ReadModelSubject): void {
  const tag = { key: 'third', value: '0' };
  test.each<[string, Omit<RunFilter, 'tenant'>, readonly number[]]>([
    ['workflow', { workflow: 'support' }, [10, 8, 6, 4, 2, 0]],
    ['status', { status: 'failed' }, [8, 4, 0]],
    ['tag', { tag }, [9, 6, 3, 0]],
    ['from, inclusive', { from: at(9) }, [11, 10, 9]],
    ['to, exclusive', { to: at(3) }, [2, 1, 0]],
    ['a time range', { from: at(3), to: at(6) }, [5, 4, 3]],
    ['a time in another spelling', { from: '2026-05-01T12:10:00Z' }, [11, 10]],
    ['an empty time range', { from: at(6), to: at(3) }, []],
    ['workflow and status', { workflow: 'support', status: 'succeeded' }, [10, 6, 2]],
    ['workflow and another status', { workflow: 'support', status: 'failed' }, [8, 4, 0]],
    ['workflow and tag', { workflow: 'support', tag }, [6, 0]],
    ['status and tag', { status: 'succeeded', tag }, [9, 6, 3]],
    ['all at once', { workflow: 'support', status: 'succeeded', tag, from: at(1) }, [6]],
    ['a status that no run has', { status: 'running' }, []],
    ['a tag that no run has', { tag: { key: 'third', value: '7' } }, []],
  ])('by %s', async (_, filter, expected) => {
    const tenant = newTenant();
    const runs = await populate(subject().writer, tenant);
    const wanted = expected.map((i) => runs[i]);
    expect(await listAll(subject().reader, { tenant, ...filter })).toEqual(wanted);
    expect(await listAll(subject().reader, { tenant, ...filter }, 2)).toEqual(wanted);
  });
}

function testIndexes(subject: () => ReadModelSubject): void {
  test('keeps tenants apart in every index', async () => {
    const [tenant, other] = [newTenant(), newTenant()];
    await populate(subject().writer, tenant);
    const filters: readonly Omit<RunFilter, 'tenant'>[] = [
      {},
      { workflow: 'support' },
      { status: 'failed' },
      { tag: { key: 'all', value: 'yes' } },
    ];
    for (const filter of filters)
      expect(await listAll(subject().reader, { tenant: other, ...filter })).toEqual([]);
  });

  test('tells tags apart that are spelt alike', async () => {
    const tenant = newTenant();
    const [a, b] = [newRun(), newRun()];
    await subject().writer.apply([
      listingProjection(a, { tenant, acceptedAt: at(1), tags: { 'x=y': 'z' } }),
      listingProjection(b, { tenant, acceptedAt: at(2), tags: { x: 'y=z' } }),
    ]);
    expect(await listAll(subject().reader, { tenant, tag: { key: 'x=y', value: 'z' } })).toEqual([
      a,
    ]);
    expect(await listAll(subject().reader, { tenant, tag: { key: 'x', value: 'y=z' } })).toEqual([
      b,
    ]);
  });

  test('moves a run from status to status', async () => {
    const tenant = newTenant();
    const run = newRun();
    const move = (version: string, name: 'running' | 'succeeded') =>
      subject().writer.apply([
        listingProjection(run, {
          tenant,
          acceptedAt: at(1),
          status: { version, status: name, gen: 0, at: at(2) },
        }),
      ]);
    await move('1', 'running');
    expect(await listAll(subject().reader, { tenant, status: 'running' })).toEqual([run]);
    await move('2', 'succeeded');
    expect(await listAll(subject().reader, { tenant, status: 'running' })).toEqual([]);
    expect(await listAll(subject().reader, { tenant, status: 'succeeded' })).toEqual([run]);
  });

  test('lists a run in no index before its acceptance is known, in all of them afterwards', async () => {
    const tenant = newTenant();
    const run = newRun();
    await subject().writer.apply([listingProjection(run, { tenant, ...status('succeeded') })]);
    const filters: readonly RunFilter[] = [
      { tenant },
      { tenant, workflow: 'support' },
      { tenant, status: 'succeeded' },
    ];
    for (const filter of filters) expect(await listAll(subject().reader, filter)).toEqual([]);
    await subject().writer.apply([
      listingProjection(run, { tenant, acceptedAt: at(1), tags: { k: 'v' } }),
    ]);
    const tagged = { tenant, tag: { key: 'k', value: 'v' } };
    for (const filter of [...filters, tagged])
      expect(await listAll(subject().reader, filter)).toEqual([run]);
  });
}

/** A tenant that no other test has: lists are by tenant. */
const newTenant = (): string => `t-${newRun()}`;

const at = (minute: number): string => `2026-05-01T12:${String(minute).padStart(2, '0')}:00.000Z`;

const status = (name: 'running' | 'succeeded' | 'failed') => ({
  status: { version: '1', status: name, gen: 0, at: at(0) },
});

/** Twelve runs a minute apart, the newest last; workflow, status and tag follow from the number. */
async function populate(writer: ReadModelWriter, tenant: string): Promise<readonly string[]> {
  const runs = Array.from({ length: 12 }, newRun);
  await writer.apply(
    runs.map((run, i) =>
      listingProjection(run, {
        tenant,
        workflow: i % 2 === 0 ? 'support' : 'research',
        acceptedAt: at(i),
        tags: { third: String(i % 3), all: 'yes' },
        ...status(i % 4 === 0 ? 'failed' : 'succeeded'),
      }),
    ),
  );
  return runs;
}

/** The runs of all pages of a list. */
async function listAll(
  reader: ReadModelReader,
  filter: RunFilter,
  limit = 50,
): Promise<readonly string[]> {
  const runs: string[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < 50; pages += 1) {
    const page = await reader.list({ filter, limit, ...(cursor && { cursor }) });
    expect(page.runs.length).toBeLessThanOrEqual(limit);
    runs.push(...page.runs.map(({ run }) => run));
    cursor = page.next;
    if (cursor === undefined) return runs;
  }
  throw new TypeError('the list does not end');
}
