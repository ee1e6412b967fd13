import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadIndex } from '../../../functions/support/knowledge.ts';
import { prepare } from '../../../functions/support/prepare.ts';

let root: string;
let target: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'docs-'));
  target = path.join(root, 'out', 'knowledge.json');
});
afterEach(() => rm(root, { recursive: true }));

describe('prepare', () => {
  test('indexes the README and pages in folders of docs/, and nothing else', async () => {
    await mkdir(path.join(root, 'docs', 'decisions'), { recursive: true });
    await writeFile(path.join(root, 'README.md'), '# A\n\nlantern');
    await writeFile(path.join(root, 'docs', 'decisions', '1.md'), '# B\n\nlantern');
    await writeFile(path.join(root, 'notes.md'), '# C\n\nlantern');
    expect(await prepare({ root, target })).toEqual({ documents: 2, passages: 2 });
    const search = loadIndex(JSON.parse(await readFile(target, 'utf8')).index);
    expect(search('lantern', 5).map(({ file }) => file)).toEqual([
      'README.md',
      'docs/decisions/1.md',
    ]);
  });

  test('writes the same bytes again, and leaves no draft behind', async () => {
    await writeFile(path.join(root, 'README.md'), '# A\n\nText.');
    await prepare({ root, target });
    const first = await readFile(target);
    await prepare({ root, target });
    expect(await readFile(target)).toEqual(first);
    expect(await readdir(path.dirname(target))).toEqual(['knowledge.json']);
  });

  test('refuses to index nothing', async () => {
    await expect(prepare({ root, target })).rejects.toThrow('no documentation to index');
  });
});
