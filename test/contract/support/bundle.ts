import { resolve } from 'node:path';
import { build } from 'esbuild';
import { zipOf } from './zip.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
/** What functions under test import to write down what they saw. */
const JOURNAL = 'contract:journal';

/**
 * A function's code as Lambda takes it: one ES module that exports `handler`.
 * Its imports are bundled: no local cloud has the AWS SDK built in.
 */
export async function codeOf(module: string): Promise<Buffer> {
  return zipOf('index.mjs', /\bimport\b/.test(module) ? await bundled(module) : module);
}

async function bundled(module: string): Promise<Uint8Array | string> {
  const { outputFiles } = await build({
    stdin: { contents: module, resolveDir: PROJECT, sourcefile: 'index.mjs' },
    alias: { [JOURNAL]: resolve(import.meta.dirname, 'journal-in-function.ts') },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    // Packages in CommonJS call `require` for Node's own modules.
    banner: {
      js: `import{createRequire}from'node:module';const require=createRequire(import.meta.url);`,
    },
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]?.contents ?? '';
}
