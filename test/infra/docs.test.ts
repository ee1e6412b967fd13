/**
 * The pages keep their word: their code compiles, their walk-through works, their links lead somewhere.
 *
 * The walk-throughs of ARCHITECTURE.md and docs/events.md are followed literally in a copy of the project.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followPage, snippetsOf } from '../support/docs.ts';

const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...globSync('{docs,localstack,data}/**/*.md'),
];
const COPIED = [
  'package.json',
  'tsconfig.json',
  'cdk.json',
  'vitest.config.ts',
  'infra',
  'functions',
  'data',
  'runtime',
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'docs',
];

describe('the pages', () => {
  test.each(PAGES)('%s links only to files that exist', (page) => {
    const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
      (match) => match[1] ?? '',
    );
    expect(links.filter((link) => !existsSync(resolve(dirname(page), link)))).toEqual([]);
  });

  test('number the decisions from 1 on, each number once, in the file as in the title', () => {
    const files = globSync('docs/decisions/*.md').sort();
    const numbers = files.map((file) => Number(basename(file).slice(0, 4)));
    expect(numbers).toEqual(files.map((_, i) => i + 1));
    const titles = files.map((file) => Number.parseInt(readFileSync(file, 'utf8').slice(2), 10));
    expect(titles).toEqual(numbers);
  });

  test.each(PAGES)('%s names the file of each of its TypeScript blocks', (page) => {
    const nameless = snippetsOf(page).filter(({ file }) => file === null);
    expect(nameless.map(({ line }) => `${page}:${line}`)).toEqual([]);
  });
});

describe('the walk-throughs of ARCHITECTURE.md and docs/events.md', () => {
  let copy: string;
  const npx = (...command: string[]) =>
    spawnSync('npx', ['--no-install', ...command], { cwd: copy, encoding: 'utf8' });

  beforeAll(() => {
    mkdirSync('.signalbox', { recursive: true });
    copy = mkdtempSync('.signalbox/walk-through-');
    for (const name of COPIED) cpSync(name, join(copy, name), { recursive: true });
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
    const snippets = snippetsOf('ARCHITECTURE.md');
    expect(snippets.length).toBeGreaterThan(2);
    for (const { file, code } of snippets) {
      if (file === null) continue;
      mkdirSync(join(copy, dirname(file)), { recursive: true });
      writeFileSync(join(copy, file), code);
    }
    // Step 3: "Add it to the list of workflows in infra/app.ts".
    const app = join(copy, 'infra/app.ts');
    writeFileSync(
      app,
      `import { glossaryWorkflow } from './workflows/glossary.ts';\n${readFileSync(app, 'utf8').replace(/supportWorkflow([,\]])/, 'supportWorkflow, glossaryWorkflow$1')}`,
    );
    // That of docs/events.md touches other files.
    followPage(copy, 'docs/events.md');
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  test('compiles', () => {
    const { status, stdout } = npx('tsc', '-p', '.');
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test('synthesises with cdk-nag, the new agents and the new workflow included', {
    timeout: 180_000,
  }, () => {
    const { status, stderr } = npx('cdk', 'synth', '--quiet', '-c', 'stage=local');
    expect(status, stderr).toBe(0);
    const templates = globSync(join(copy, 'cdk.out/*.template.json')).map((file) =>
      readFileSync(file, 'utf8'),
    );
    expect(templates.join('')).toContain('signalbox-local-define-term');
    expect(templates.join('')).toContain('signalbox-local-glossary');
    expect(templates.join('')).toContain('signalbox-local-report-market');
  });

  test("passes the page's own agent test", () => {
    const { status, stdout } = npx('vitest', 'run', '--project', 'unit');
    expect(status, stdout).toBe(0);
  });
});
