import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '#runtime/core/hash.ts';
import type { Projection } from '#runtime/ports.ts';
import { newRun, type ReadModelSubject, sampleEvent, sampleListing } from './samples.ts';

const STATUSES = ['running', 'succeeded', 'failed'] as const;

const time = fc.integer({ min: 0, max: 5 }).map((s) => `2026-05-01T12:00:0${s}.000Z`);

const facts = fc.record(
  {
    acceptedAt: time,
    startedAt: time,
    deadlineAt: time,
    tags: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')),
    status: fc.record({
      version: fc.constantFrom('0#1', '0#2', '1#0', '10#0'),
      status: fc.constantFrom(...STATUSES),
      gen: fc.nat(2),
      at: time,
    }),
  },
  { requiredKeys: [] },
);

const parts = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('event' as const), n: fc.nat(6) }),
    fc.record({ kind: fc.constant('listing' as const), facts }),
  ),
  { minLength: 1, maxLength: 10 },
);
type Part = Parameters<Parameters<typeof parts.chain>[0]>[0][number];

/** A part as a projection of a run, which is the only one of its tenant. */
function projectionOf(run: string, part: Part): Projection {
  if (part.kind === 'event') {
    return { kind: 'event', event: sampleEvent(run, part.n, { id: `e${part.n}` }) };
  }
  return { kind: 'listing', listing: sampleListing(run, { tenant: tenantOf(run), ...part.facts }) };
}

const tenantOf = (run: string): string => run.slice(0, 20);

/** The same parts once more: in another order, some of them twice, cut into other batches. */
const retold = parts.chain((originals) =>
  fc.record({
    originals: fc.constant(originals),
    retold: fc.array(fc.constantFrom(...originals), { maxLength: 5 }).chain((again) => {
      const all = [...originals, ...again];
      return fc.shuffledSubarray(all, { minLength: all.length });
    }),
    batch: fc.integer({ min: 1, max: 6 }),
  }),
);

/** R11: what is read depends on the set of projections alone. */
export function testProjection(subject: () => ReadModelSubject): void {
  /** Everything that can be read of a run, with the run's id taken out. */
  const readAll = async (run: string): Promise<string> => {
    const { reader } = subject();
    const tenant = tenantOf(run);
    const filters = [
      { tenant },
      { tenant, workflow: 'support' },
      ...STATUSES.map((status) => ({ tenant, status })),
      ...['1', '2'].map((value) => ({ tenant, tag: { key: 'a', value } })),
    ];
    const all = {
      events: await reader.events({ run, limit: 100 }),
      listing: await reader.listing(run),
      lists: await Promise.all(filters.map((filter) => reader.list({ filter, limit: 10 }))),
    };
    return canonicalJson(all).replaceAll(run, '<run>').replaceAll(tenant, '<tenant>');
  };

  test('any order, any duplication, any batches: the same read model (R11)', async () => {
    await fc.assert(
      fc.asyncProperty(retold, async ({ originals, retold, batch }) => {
        const [run, again] = [newRun(), newRun()];
        await subject().writer.apply(originals.map((part) => projectionOf(run, part)));
        for (let i = 0; i < retold.length; i += batch) {
          const parts = retold.slice(i, i + batch);
          await subject().writer.apply(parts.map((part) => projectionOf(again, part)));
        }
        expect(await readAll(again)).toBe(await readAll(run));
      }),
      { numRuns: subject().propertyRuns },
    );
  });
}
