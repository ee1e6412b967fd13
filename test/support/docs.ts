import { readFileSync } from 'node:fs';

/** A code block of a page; `file` is what its first line names (`// path/to/file.ts`). */
interface Snippet {
  readonly page: string;
  readonly line: number;
  readonly file: string | null;
  readonly code: string;
}

/** The TypeScript blocks of a Markdown page, in order. */
export function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => {
    const code = match[1] ?? '';
    return {
      page,
      line: text.slice(0, match.index).split('\n').length,
      file: /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? null,
      code,
    };
  });
}
