/**
 * Build step: indexes this project's own documentation for `retrieve-passages`.
 *
 * Boundary: runs on the builder's machine, before the functions are bundled; never in Lambda.
 */
import { globSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { buildIndex } from './knowledge.ts';
import { type Section, splitDocument } from './passages.ts';

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/**/*.md'];
const PROJECT = path.resolve(import.meta.dirname, '../..');
const TARGET = path.join(import.meta.dirname, 'generated', 'knowledge.json');

/**
 * Writes the index to `generated/knowledge.json`, the same bytes for the same documents.
 * @throws DefinitionError when there is nothing to index.
 */
export async function prepare(
  options: { readonly root?: string; readonly target?: string } = {},
): Promise<{ readonly documents: number; readonly passages: number }> {
  const { root = PROJECT, target = TARGET } = options;
  const files = globSync(DOCUMENTS, { cwd: root }).sort();
  const documents = await Promise.all(
    files.map(async (file) =>
      splitDocument(file.split(path.sep).join('/'), await readFile(path.join(root, file), 'utf8')),
    ),
  );
  const sections = documents.flat().filter(isAboutNow);
  if (sections.length === 0) {
    throw new DefinitionError(
      `no documentation to index: looked for ${DOCUMENTS.join(', ')} in ${root}`,
    );
  }
  await write(target, JSON.stringify({ index: buildIndex(sections) }));
  return { documents: files.length, passages: sections.length };
}

/** A decision's context tells of other ways and former faults: quoted alone, it reads as a fact. */
const isAboutNow = ({ file, heading }: Section): boolean =>
  !(file.startsWith('docs/decisions/') && heading.endsWith('Context'));

/** Whole or not at all: tests and a build may run this at the same time. */
async function write(target: string, text: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  const draft = `${target}.${process.pid}.tmp`;
  await writeFile(draft, text);
  await rename(draft, target);
}
