import { expect, test } from 'vitest';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { ArchiveReader, ArchiveWriter } from '#runtime/ports.ts';

/** What every archive does. Folders are new for each test, so tests do not meet. */
export function testArchive(subject: () => ArchiveWriter & ArchiveReader): void {
  const newFolder = (): string => `events/${nodeSystem.randomId()}/`;

  test('gives the lines of an object back as they were, in their order', async () => {
    const key = `${newFolder()}a.jsonl`;
    const lines = ['{"a":"é 😀 \u2028 \\n"}', '{"b":2}', '{"c":[1,2]}'];
    await subject().put({ key, lines });
    expect(await subject().lines(key)).toEqual(lines);
  });

  test('replaces an object that is written again', async () => {
    const key = `${newFolder()}a.jsonl`;
    await subject().put({ key, lines: ['{"n":1}'] });
    await subject().put({ key, lines: ['{"n":1}', '{"n":2}'] });
    expect(await subject().lines(key)).toEqual(['{"n":1}', '{"n":2}']);
  });

  test('gives null for an object that is not there', async () => {
    expect(await subject().lines(`${newFolder()}none.jsonl`)).toBeNull();
  });

  test('gives 6 MB back as they were', async () => {
    const key = `${newFolder()}large.jsonl`;
    const lines = Array.from({ length: 6000 }, (_, i) =>
      JSON.stringify({ i, text: 'é'.repeat(500) }),
    );
    await subject().put({ key, lines });
    expect(await subject().lines(key)).toEqual(lines);
  });

  test('lists keys in their order, page by page, those of the prefix only', async () => {
    const folder = newFolder();
    const keys = ['01/b', '00/a', '01/a', '02/a', '10/a'].map((name) => `${folder}${name}.jsonl`);
    for (const key of keys) await subject().put({ key, lines: ['{}'] });
    const sorted = keys.toSorted();
    const first = await subject().keys({ prefix: folder, limit: 2 });
    expect(first).toEqual({ keys: sorted.slice(0, 2), more: true });
    const after = first.keys.at(-1) ?? '';
    expect(await subject().keys({ prefix: folder, after, limit: 9 })).toEqual({
      keys: sorted.slice(2),
      more: false,
    });
    expect((await subject().keys({ prefix: `${folder}01/`, limit: 9 })).keys).toHaveLength(2);
    expect(await subject().keys({ prefix: newFolder(), limit: 9 })).toEqual({
      keys: [],
      more: false,
    });
  });
}
