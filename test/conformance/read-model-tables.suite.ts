import { expect, test } from 'vitest';
import type { ReadModelTables } from '#runtime/ports.ts';
import { eventProjection, listingProjection, newRun } from './samples.ts';

/** What every maker of read models does. */
export function testReadModelTables(
  subject: () => { readonly tables: ReadModelTables; readonly newName: () => string },
): void {
  test('makes a read model that can be written and read at once', async () => {
    const { tables, newName } = subject();
    const { writer, reader } = await tables.open(newName());
    const run = newRun();
    await writer.apply([eventProjection(run, 1), listingProjection(run)]);
    expect((await reader.events({ run, limit: 10 })).events).toHaveLength(1);
    expect(await reader.listing(run)).toMatchObject({ run });
  });

  test('opens the same one again by its name, with what is in it', async () => {
    const { tables, newName } = subject();
    const name = newName();
    const run = newRun();
    await (await tables.open(name)).writer.apply([eventProjection(run, 1)]);
    const { reader } = await tables.open(name);
    expect((await reader.events({ run, limit: 10 })).events).toHaveLength(1);
  });

  test('keeps two of different names apart', async () => {
    const { tables, newName } = subject();
    const run = newRun();
    await (await tables.open(newName())).writer.apply([eventProjection(run, 1)]);
    const { reader } = await tables.open(newName());
    expect((await reader.events({ run, limit: 10 })).events).toEqual([]);
  });
}
