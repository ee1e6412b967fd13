/** The five places where the functions' bundle differs from what their imports say. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { OutputFile, Plugin } from 'esbuild';
import type { FunctionFiles } from './function-files.ts';

/**
 * `virtual:workflows` exports `workflows` and `subscriptions`, the contracts of all of them, and
 * `eventTypes`, the names of the events that these and agents declare: the API function checks input and
 * events against them, and must not know the folders of user code.
 */
export const workflowsModule = (root: string, files: FunctionFiles): Plugin => ({
  name: 'workflows',
  setup: (build) => {
    build.onResolve({ filter: /^virtual:workflows$/ }, () => ({
      path: 'workflows',
      namespace: 'virtual',
    }));
    build.onLoad({ filter: /.*/, namespace: 'virtual' }, () => ({
      contents: [
        ...listOf('workflows', files.workflows),
        ...listOf('subscriptions', files.subscriptions),
        `export const eventTypes = ${JSON.stringify(files.eventTypes)};`,
      ].join('\n'),
      resolveDir: root,
      loader: 'js',
    }));
  },
});

const listOf = (name: string, contracts: FunctionFiles['workflows']): string[] => [
  ...contracts.map(
    ({ file, exportName }, i) =>
      `import { ${exportName} as ${name}${i} } from ${JSON.stringify(`./${file}`)};`,
  ),
  `export const ${name} = [${contracts.map((_, i) => `${name}${i}`).join(', ')}];`,
];

/**
 * Lambda hands credentials over in the environment, so the AWS SDK's chain of providers (profiles,
 * SSO, web identity, and the clients that they need) is replaced by its first link.
 */
export const environmentCredentials: Plugin = {
  name: 'environment-credentials',
  setup: (build) => {
    const namespace = 'environment-credentials';
    build.onResolve(
      { filter: /^@aws-sdk\/credential-provider-node$/ },
      async ({ path, resolveDir, kind, importer, pluginData }) => {
        if (pluginData === namespace) return undefined;
        const chain = await build.resolve(path, {
          resolveDir,
          kind,
          importer,
          pluginData: namespace,
        });
        return { path, namespace, pluginData: chain.path };
      },
    );
    build.onLoad({ filter: /.*/, namespace }, ({ pluginData }) => ({
      contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
      resolveDir: path.dirname(pluginData),
    }));
  },
};

/** What stands in for a module that part of the AWS SDK imports and no function uses. */
interface StandIn {
  readonly specifier: string;
  readonly importer: RegExp;
  readonly contents: string;
}

const STAND_INS: readonly StandIn[] = [
  // Every client of DynamoDB makes a cache for endpoint discovery, which is off unless asked for.
  {
    specifier: 'mnemonist/lru-cache',
    importer: /[\\/]endpoint-cache[\\/]/,
    contents:
      'export default class extends Map { constructor() { super(); } peek(key) { return this.get(key); } }',
  },
  // Kinesis pushes records over HTTP/2 to who subscribes to a shard; functions get theirs from Lambda.
  {
    specifier: '@smithy/core/event-streams',
    importer: /[\\/]client-kinesis[\\/]/,
    contents: `
      export const eventStreamSerdeProvider = () => undefined;
      export const resolveEventStreamSerdeConfig = (input) => input;`,
  },
  {
    specifier: '@smithy/node-http-handler',
    importer: /[\\/]client-kinesis[\\/]/,
    contents: `export { NodeHttpHandler as NodeHttp2Handler, streamCollector } from '@smithy/node-http-handler';`,
  },
];

/**
 * The start of every function is made of clients of AWS for the most part, and these of much that no
 * function uses: 35 KB of it are left out here. Of a client's `package.json` it needs the version, which
 * it names to AWS.
 */
export const unusedParts: Plugin = {
  name: 'unused-parts',
  setup: (build) => {
    const namespace = 'stand-in';
    const { absWorkingDir: root = '' } = build.initialOptions;
    for (const { specifier, importer, contents } of STAND_INS) {
      build.onResolve({ filter: new RegExp(`^${specifier}$`), namespace: 'file' }, (found) =>
        importer.test(found.importer)
          ? { path: specifier, namespace, pluginData: { contents, resolveDir: found.resolveDir } }
          : undefined,
      );
    }
    build.onLoad({ filter: /.*/, namespace }, ({ pluginData }) => pluginData);
    build.onLoad(
      { filter: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ },
      async ({ path: file }) => {
        // A private library's path is relative to the project, and other apps build it from other folders.
        const { version } = JSON.parse(await readFile(path.resolve(root, file), 'utf8'));
        return { contents: JSON.stringify({ version }), loader: 'json' };
      },
    );
  },
};

const MAKE_REQUIRE = `import{createRequire}from'node:module';const require=createRequire(import.meta.url);`;

/**
 * Packages in CommonJS call `require` for Node's own modules, and an ES module has none unless it makes
 * one. Few chunks name it; a banner would stand in all of them, some sixty at the start of a function.
 */
export const requireWhereCalled = (root: string): Plugin => ({
  name: 'require-where-called',
  setup: (build) => {
    build.onEnd(({ outputFiles = [], metafile }) => {
      const calling = outputFiles.filter(isCalling);
      for (const file of calling) {
        const before = file.contents.length;
        file.contents = Buffer.from(`${MAKE_REQUIRE}\n${file.text}`);
        const output = metafile?.outputs[path.relative(root, file.path).split(path.sep).join('/')];
        if (output) output.bytes += file.contents.length - before;
      }
      const maps = new Set(calling.map((file) => `${file.path}.map`));
      for (const map of outputFiles.filter((file) => maps.has(file.path))) {
        // A line more before everything that is mapped.
        map.contents = Buffer.from(map.text.replace('"mappings": "', '"mappings": ";'));
      }
    });
  },
});

const isCalling = (file: OutputFile): boolean =>
  file.path.endsWith('.mjs') && /\brequire\b/.test(file.text);

const LATE_USERS_OF_ZOD = /node_modules|runtime[\\/]core[\\/]json-schema\.ts$/;

/**
 * What is loaded late gets copies of its libraries to itself. esbuild decides once for the whole build
 * which parts of a module are needed, and so one that needs more pulls it into the start of every
 * function: packages would pull in 400 KB of zod, of which contracts use a few functions (zod/mini), and
 * what tells a model of a schema 20 KB; the client of S3, alone in speaking XML, 40 KB of what all AWS
 * clients have in common.
 */
export const privateLibraries = (root: string): Plugin => ({
  name: 'private-libraries',
  setup: (build) => {
    const namespace = 'private';
    const resolve = async (
      specifier: string,
      from: Pick<Parameters<typeof build.resolve>[1] & object, 'resolveDir' | 'kind' | 'importer'>,
    ) => {
      const found = await build.resolve(specifier, { ...from, pluginData: namespace });
      if (found.external) return { path: found.path, external: true };
      // Relative, because the path ends up in source maps, and assets must not depend on the machine.
      return { path: path.relative(root, found.path), namespace, sideEffects: found.sideEffects };
    };
    build.onResolve(
      { filter: /^zod(\/|$)/, namespace: 'file' },
      ({ path, pluginData, resolveDir, kind, importer }) =>
        pluginData !== namespace && LATE_USERS_OF_ZOD.test(importer)
          ? resolve(path, { resolveDir, kind, importer })
          : undefined,
    );
    build.onResolve(
      { filter: /^@aws-sdk\/client-s3$/, namespace: 'file' },
      ({ path, pluginData, resolveDir, kind, importer }) =>
        pluginData === namespace ? undefined : resolve(path, { resolveDir, kind, importer }),
    );
    build.onResolve({ filter: /.*/, namespace }, ({ path, resolveDir, kind, importer }) =>
      resolve(path, { resolveDir, kind, importer }),
    );
    build.onLoad({ filter: /.*/, namespace }, async ({ path: file }) => ({
      contents: await readFile(path.join(root, file), 'utf8'),
      resolveDir: path.join(root, path.dirname(file)),
      loader: file.endsWith('.json') ? 'json' : 'js',
    }));
  },
});
