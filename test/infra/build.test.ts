import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildFunctions, folderOf } from '../../infra/build.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');

const CONTRACTS = `
  import * as z from 'zod/mini';
  import { agentContract } from '#runtime/contracts/agent.ts';
  import { subscriptionsContract } from '#runtime/contracts/subscriptions.ts';
  import { workflowContract } from '#runtime/contracts/workflow.ts';
  const shape = { timeoutSeconds: 5, input: z.object({}), output: z.object({}) };
  const told = z.object({});
  export const sayHello = agentContract({ name: 'say-hello', ...shape, events: { 'hello.said': told } });
  export const sayBye = agentContract({ name: 'say-bye', ...shape });
  export const saySomewhereElse = agentContract({ name: 'say-somewhere-else', ...shape });
  export const chat = subscriptionsContract({ name: 'chat', events: { 'hello.said': told, 'hello.asked': told }, quietSeconds: 5, deadlineSeconds: 60 });
  export const greeting = workflowContract({ name: 'greeting', deadlineSeconds: 5, input: shape.input, output: shape.output });
`;
const agent = (contract: string, answer: string): string => `
  import { ${contract} } from './contracts.ts';
  export const handler = () => ({ agent: ${contract}.name, answer: ${JSON.stringify(answer)} });
`;
const FILES = {
  'functions/greeting/contracts.ts': CONTRACTS,
  'functions/greeting/say-hello.ts': agent('sayHello', 'hello'),
  'functions/greeting/say-bye.ts': agent('sayBye', 'bye'),
  'functions/platform/handle-api.ts': `
    import { eventTypes, subscriptions, workflows } from 'virtual:workflows';
    export const handler = () => ({
      names: [...workflows, ...subscriptions].map(({ name }) => name),
      eventTypes,
    });
  `,
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'signalbox-build-'));
  for (const name of ['node_modules', 'runtime', 'package.json']) {
    symlinkSync(path.join(REPOSITORY, name), path.join(root, name));
  }
  for (const [file, text] of Object.entries(FILES)) write(file, text);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

/** Files of a function's folder with hashes of their bytes. */
function asset(name: string): Record<string, string> {
  const folder = path.join(root, 'dist', name);
  const files = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((e) => e.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return [
        path.relative(folder, file),
        createHash('sha256').update(readFileSync(file)).digest('hex'),
      ];
    }),
  );
}

/** What a built function answers, in a process of its own. */
function answerOf(name: string): unknown {
  const url = pathToFileURL(path.join(root, 'dist', name, `${name}.mjs`));
  const program = `const { handler } = await import(${JSON.stringify(url)}); console.log(JSON.stringify(handler()));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }),
  );
}

describe('buildFunctions', () => {
  test('gives every function a folder that works by itself', async () => {
    await buildFunctions({ root });
    rmSync(path.join(root, 'functions'), { recursive: true });
    expect(answerOf('say-hello')).toEqual({ agent: 'say-hello', answer: 'hello' });
  });

  test('tells the API which workflows, subscriptions and events there are', async () => {
    await buildFunctions({ root });
    expect(answerOf('handle-api')).toEqual({
      names: ['greeting', 'chat'],
      eventTypes: ['hello.asked', 'hello.said'],
    });
  });

  test('B1: a change in one agent leaves the assets of all others as they were', async () => {
    await buildFunctions({ root });
    const before = { hello: asset('say-hello'), bye: asset('say-bye'), api: asset('handle-api') };
    write('functions/greeting/say-bye.ts', agent('sayBye', 'farewell'));
    await buildFunctions({ root });
    expect(asset('say-hello')).toEqual(before.hello);
    expect(asset('handle-api')).toEqual(before.api);
    expect(asset('say-bye')).not.toEqual(before.bye);
    expect(answerOf('say-bye')).toMatchObject({ answer: 'farewell' });
  });

  test('B2: what is no longer made disappears', async () => {
    await buildFunctions({ root });
    write('dist/say-hello/chunks/old.mjs', '');
    rmSync(path.join(root, 'functions/greeting/say-bye.ts'));
    await buildFunctions({ root });
    expect(existsSync(path.join(root, 'dist/say-hello/chunks/old.mjs'))).toBe(false);
    expect(existsSync(path.join(root, 'dist/say-bye'))).toBe(false);
  });

  test('gives the same bytes wherever the project lies', async () => {
    await buildFunctions({ root });
    const files = globSync('dist/**/*.{mjs,map}', { cwd: root });
    expect(files.length).toBeGreaterThan(3);
    const naming = files.filter((file) =>
      readFileSync(path.join(root, file), 'utf8').includes(root),
    );
    expect(naming).toEqual([]);
  });

  test('maps every line back to where its source lies', async () => {
    await buildFunctions({ root });
    const file = path.join(root, 'dist/say-hello/say-hello.mjs.map');
    const map: { sourceRoot: string; sources: string[] } = JSON.parse(readFileSync(file, 'utf8'));
    expect(
      map.sources.map((source) => path.resolve(path.dirname(file), map.sourceRoot, source)),
    ).toEqual([path.join(root, 'functions/greeting/say-hello.ts')]);
  });

  test('prepares what functions import before it bundles them', async () => {
    write(
      'functions/greeting/prepare.ts',
      `import { writeFileSync } from 'node:fs';
       export const prepare = async () =>
         writeFileSync(new URL('./made.json', import.meta.url), '{"answer":"made"}');`,
    );
    write(
      'functions/greeting/say-hello.ts',
      `import made from './made.json' with { type: 'json' };
       export const handler = () => made;`,
    );
    await buildFunctions({ root });
    expect(answerOf('say-hello')).toEqual({ answer: 'made' });
  });

  test('refuses a prepare.ts that prepares nothing', async () => {
    write('functions/greeting/prepare.ts', 'export const prepared = 1;');
    await expect(buildFunctions({ root })).rejects.toThrow(
      'functions/greeting/prepare.ts exports nothing as "prepare"; allowed: a function',
    );
  });

  test('refuses two files for one agent and names both', async () => {
    write('functions/other/say-hello.ts', agent('sayHello', 'again'));
    await expect(buildFunctions({ root })).rejects.toThrow(
      'agent "say-hello" has its code in functions/greeting/say-hello.ts and functions/other/say-hello.ts; allowed: one file',
    );
  });
});

describe('folderOf', () => {
  test('refuses a function without code and says where it belongs', async () => {
    const built = await buildFunctions({ root });
    expect(folderOf(built, 'say-hello')).toBe(path.join(root, 'dist', 'say-hello'));
    expect(() => folderOf(built, 'say-somewhere-else')).toThrow(
      /"say-somewhere-else" has no code; allowed: one file functions\/\*\/say-somewhere-else\.ts.*Functions with code: say-bye, say-hello, handle-api/,
    );
  });
});
