import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { jsonSchemaOf } from '#runtime/core/json-schema.ts';
import { buildFunctions } from '../../infra/build.ts';
import { bundleGraph, bytesOf, inputsOf } from '../../infra/bundle-graph.ts';

const START_LIMIT_KB = 450;

const outdir = mkdtempSync(path.join(tmpdir(), 'signalbox-bundle-'));
afterAll(() => rmSync(outdir, { recursive: true }));
const { functions, metafile } = await buildFunctions({ outdir });

/** Source files of the project itself, as they are imported. */
const ownFiles = Object.entries(metafile.inputs).filter(([file]) => isOwn(file));

describe('The build', () => {
  test('makes a function of every agent and of the platform', () => {
    const names = functions.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'answer-question',
        PLATFORM_NAMES.api,
        PLATFORM_NAMES.projectEvents,
        PLATFORM_NAMES.publishRunStatus,
      ]),
    );
    expect(names.length).toBeGreaterThanOrEqual(7);
  });

  test('never calls require, which an ES module does not have, at the start of a function', () => {
    const calls = functions.flatMap(({ output }) =>
      bundleGraph(metafile, output).start.flatMap((file) =>
        (metafile.outputs[file]?.imports ?? []).filter(({ kind }) => kind === 'require-call'),
      ),
    );
    expect(calls).toEqual([]);
  });
});

test('a model is told of a schema by a copy of zod of its own, as the source would', async () => {
  const schema = z.object({
    name: z.string().check(z.minLength(2), z.describe('whose')),
    kinds: z.optional(z.array(z.enum(['one', 'other']))),
    limit: z._default(z.int(), 3),
    at: z.union([z.iso.datetime(), z.null()]),
    more: z.record(z.string(), z.unknown()),
  });
  const files = globSync(path.join(outdir, '*/**/json-schema-*.mjs'));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    expect((await import(file)).jsonSchemaOf(schema)).toEqual(jsonSchemaOf(schema));
  }
});

test('no source reaches into a namespace of zod, which would bundle all of it', () => {
  const uses = globSync('{runtime,functions}/**/*.ts').flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, i) => (/\bz\.(core|locales)\./.test(line) ? [`${file}:${i + 1}`] : [])),
  );
  expect(uses).toEqual([]);
});

describe.each(functions)('$name', ({ name, output }) => {
  const { start, all } = bundleGraph(metafile, output);

  test(`loads at most ${START_LIMIT_KB} KB at its start, and with its first message`, () => {
    const first = [...new Set([...start, ...firstMessage(all)])];
    const [startKb, firstKb, allKb] = [start, first, all].map((files) =>
      Math.ceil(bytesOf(metafile, files) / 1024),
    );
    console.log(`${name}: ${startKb} KB at start, ${firstKb} KB with ports, ${allKb} KB in all`);
    expect(startKb).toBeGreaterThan(0);
    expect(firstKb).toBeLessThanOrEqual(START_LIMIT_KB);
  });

  test('loads the model client and credentials from files only when they are needed', () => {
    const packages = inputsOf(metafile, start).map(packageOf);
    const late = /^(ai|@ai-sdk\/.*|@aws-sdk\/client-(s3|sts|sso.*)|@aws-sdk\/nested-clients)$/;
    const chain = /^@(aws-sdk|smithy)\/credential-provider-(?!env$)/;
    expect(packages.filter((name) => late.test(name) || chain.test(name))).toEqual([]);
  });

  test('loads nothing of what only the client of S3 needs before the first payload', () => {
    const first = inputsOf(metafile, [...start, ...firstMessage(all)]);
    expect(first.filter((file) => /client-s3|xml/i.test(file))).toEqual([]);
  });

  test('loads nothing of the AWS clients at its start that no function uses', () => {
    const first = [...new Set([...start, ...firstMessage(all)])];
    const unused = /node_modules\/(mnemonist|.*\/event-streams|.*\/node-http2-)/;
    expect(inputsOf(metafile, first).filter((file) => unused.test(file))).toEqual([]);
    const named = first.flatMap((file) =>
      Object.entries(metafile.outputs[file]?.inputs ?? {}).filter(
        ([input, { bytesInOutput }]) => input.endsWith('/package.json') && bytesInOutput > 50,
      ),
    );
    expect(named).toEqual([]);
  });

  test('is made of functions and runtime only', () => {
    const own = inputsOf(metafile, all).filter(isOwn);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((file) => !/^(functions|runtime)\//.test(file))).toEqual([]);
    expect(
      own.filter((file) => /^runtime\/(testing|client|adapters\/memory)\//.test(file)),
    ).toEqual([]);
  });
});

/**
 * Who may import whom, as far as it reaches functions. The linter reads the specifiers in the source;
 * this reads what they resolved to.
 */
const ALLOWED: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^runtime\/contracts\//, /^runtime\/contracts\//],
  [/^runtime\/core\//, /^runtime\/(contracts|core)\/|^runtime\/ports\.ts$/],
  [/^runtime\/ports\.ts$/, /^runtime\/contracts\//],
  [/^runtime\/adapters\/([^/]+)\//, /^runtime\/(contracts|core|adapters)\/|^runtime\/ports\.ts$/],
  [/^runtime\/adapters\/[^/]+$/, /^runtime\/(contracts|core)\/|^runtime\/ports\.ts$/],
  [/^runtime\/lambda\/compose(-\w+)?\.ts$/, /^runtime\/(contracts|core|lambda|adapters)\//],
  [/^runtime\/lambda\//, /^runtime\/(contracts|core|lambda)\/|^runtime\/ports\.ts$/],
  [/^functions\/platform\//, /^runtime\/|^functions\/platform\/|^virtual:/],
  [/^functions\/[^/]+\//, /^runtime\/(contracts|lambda)\//],
];

describe('Imports between folders', () => {
  const edges = ownFiles.flatMap(([from, { imports }]) =>
    imports
      .filter(({ path: to }) => isOwn(to) || to.startsWith('virtual:'))
      .map(({ path: to }) => ({ from, to })),
  );

  test('are there to be checked', () => {
    expect(edges.length).toBeGreaterThan(50);
  });

  test('go where they may, and nowhere else', () => {
    const wrong = edges.filter(({ from, to }) => {
      const rule = ALLOWED.find(([pattern]) => pattern.test(from));
      return !(rule?.[1].test(to) || isSameFolder(from, to));
    });
    expect(wrong).toEqual([]);
  });

  test('never lead from one adapter to another', () => {
    const adapter = (file: string): string | undefined =>
      /^runtime\/adapters\/([^/]+)\//.exec(file)?.[1];
    const crossing = edges.filter(
      ({ from, to }) => adapter(from) && adapter(to) && adapter(from) !== adapter(to),
    );
    expect(crossing).toEqual([]);
  });
});

/** Chunks that an agent loads on its first message: the ports, and all that they import statically. */
function firstMessage(files: readonly string[]): string[] {
  return files
    .filter((file) => 'runtime/lambda/compose.ts' in (metafile.outputs[file]?.inputs ?? {}))
    .flatMap((file) => bundleGraph(metafile, file).start);
}

function isOwn(file: string): boolean {
  return !file.includes('node_modules/') && !/^[a-z-]+:/.test(file);
}

const isSameFolder = (from: string, to: string): boolean => {
  const [root, folder] = from.split('/');
  return root === 'functions' && to.startsWith(`functions/${folder}/`);
};

function packageOf(file: string): string {
  const [, inside = ''] = file.split(/.*node_modules\//);
  return inside
    .split('/')
    .slice(0, inside.startsWith('@') ? 2 : 1)
    .join('/');
}
