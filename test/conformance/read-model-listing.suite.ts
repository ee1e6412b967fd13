import { expect, test } from 'vitest';
import type { RunListing } from '#runtime/ports.ts';
import {
  eventProjection,
  listingProjection,
  newRun,
  type ReadModelSubject,
  sampleListing,
} from './samples.ts';

/** What every read model does with the listing of one run. */
export function testListing(subject: () => ReadModelSubject): void {
  const accepted = { acceptedAt: '2026-05-01T12:00:00.000Z', tags: { customer: 'c-1' } };
  const running = {
    version: '0#1',
    status: 'running',
    gen: 0,
    at: '2026-05-01T12:00:01.000Z',
  } as const;
  const succeeded = { ...running, version: '0#2', status: 'succeeded' } as const;

  test('merges parts in any order', async () => {
    const run = newRun();
    await subject().writer.apply([listingProjection(run, { status: running })]);
    expect(await subject().reader.listing(run)).toEqual(sampleListing(run, { status: running }));
    await subject().writer.apply([listingProjection(run, accepted)]);
    expect(await subject().reader.listing(run)).toEqual(
      sampleListing(run, { ...accepted, status: running }),
    );
  });

  test('never goes back to an earlier status (R11)', async () => {
    const run = newRun();
    await subject().writer.apply([listingProjection(run, { status: succeeded })]);
    await subject().writer.apply([listingProjection(run, { status: running })]);
    expect((await subject().reader.listing(run))?.status).toEqual(succeeded);
  });

  test('compares versions as text', async () => {
    const run = newRun();
    const versions = ['0002#a', '0010#a', '0009#z'];
    for (const version of versions) {
      await subject().writer.apply([listingProjection(run, { status: { ...running, version } })]);
    }
    expect((await subject().reader.listing(run))?.status?.version).toBe('0010#a');
  });

  test('merges what several projectors write at once', async () => {
    const run = newRun();
    const parts: readonly Partial<RunListing>[] = [
      accepted,
      { startedAt: '2026-05-01T12:00:01.000Z' },
      { deadlineAt: '2026-05-01T12:05:00.000Z' },
      { status: running },
      { status: succeeded },
    ];
    await Promise.all(parts.map((part) => subject().writer.apply([listingProjection(run, part)])));
    expect(await subject().reader.listing(run)).toEqual(
      sampleListing(run, Object.assign({}, ...parts)),
    );
  });

  test('is null for an unknown run, and for one of which only events are known', async () => {
    const run = newRun();
    await subject().writer.apply([eventProjection(run, 0)]);
    expect(await subject().reader.listing(run)).toBeNull();
    expect(await subject().reader.listing(newRun())).toBeNull();
  });
}
