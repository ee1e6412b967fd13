import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

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

/** A change of a file that a page shows. */
interface Change {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** The `diff` blocks of a Markdown page, in order: the first line of each names its file (`--- path/to/file.ts`). */
function changesOf(page: string): readonly Change[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/^```diff\n--- (\S+)\n([\s\S]*?)\n```$/gm)].map(
    ([, file = '', body = '']) => {
      const lines = body.split('\n');
      const without = (sign: '+' | '-'): string =>
        lines
          .filter((line) => !line.startsWith(sign))
          .map((line) => line.slice(1))
          .join('\n');
      return { file, before: without('+'), after: without('-') };
    },
  );
}

/** Writes the files that a page shows into a copy of the project, and makes the changes that it shows. */
export function followPage(project: string, page: string): void {
  for (const { file, code } of snippetsOf(page)) {
    if (file === null) continue;
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), code);
  }
  for (const change of changesOf(page)) changeFile(project, change);
}

/** @throws TypeError where the file does not have the text once */
export function changeFile(project: string, { file, before, after }: Change): void {
  const path = join(project, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(before).length !== 2) {
    throw new TypeError(`${file} does not have this once:\n${before}`);
  }
  writeFileSync(
    path,
    text.replace(before, () => after),
  );
}
