/**
 * Build step: the homes of `data/homes/` in a form that is small and quickly read.
 *
 * Boundary: runs on the builder's machine, before the functions are bundled; never in Lambda.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readHomes } from '../../data/homes/homes.ts';
import { rowOf } from './homes.ts';

const TARGET = path.join(import.meta.dirname, 'generated', 'homes.json');

/** Writes them to `generated/homes.json`, whole or not at all: tests and a build may run this at the same time. */
export async function prepare(): Promise<void> {
  await mkdir(path.dirname(TARGET), { recursive: true });
  const draft = `${TARGET}.${process.pid}.tmp`;
  await writeFile(draft, JSON.stringify({ rows: JSON.stringify(readHomes().map(rowOf)) }));
  await rename(draft, TARGET);
}
