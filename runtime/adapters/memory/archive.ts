import type { ArchiveReader, ArchiveWriter } from '#runtime/ports.ts';

/** Past events in memory. */
export class MemoryArchive implements ArchiveWriter, ArchiveReader {
  readonly #objects = new Map<string, readonly string[]>();

  async put({ key, lines }: Parameters<ArchiveWriter['put']>[0]): Promise<void> {
    this.#objects.set(key, [...lines]);
  }

  async keys(query: Parameters<ArchiveReader['keys']>[0]): ReturnType<ArchiveReader['keys']> {
    const { prefix, after = '', limit } = query;
    const all = [...this.#objects.keys()]
      .filter((key) => key.startsWith(prefix) && key > after)
      .sort((a, b) => (a < b ? -1 : 1));
    return { keys: all.slice(0, limit), more: all.length > limit };
  }

  async lines(key: string): Promise<readonly string[] | null> {
    return this.#objects.get(key) ?? null;
  }
}
