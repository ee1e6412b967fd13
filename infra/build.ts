/**
 * Makes all functions in one esbuild run.
 *
 * Job: `dist/<function>/<function>.mjs` with the chunks that it needs and no others.
 *
 * Invariants
 * B1. A folder holds what its function imports: a change inside one agent leaves the assets of the
 *     others as they were, so they are not deployed again.
 * B2. Every build bundles everything. Nothing is skipped, so nothing can be stale; files whose bytes
 *     are the same are left alone, so two builds of one project at once do not disturb each other.
 * B3. A function loads at its start what its first message certainly needs; the rest is in chunks
 *     behind dynamic imports (`test/infra/bundle-graph.test.ts` holds the limits).
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildResult, build, type Metafile } from 'esbuild';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import {
  environmentCredentials,
  privateLibraries,
  requireWhereCalled,
  unusedParts,
  workflowsModule,
} from './build-plugins.ts';
import { bundleGraph, bytesOf } from './bundle-graph.ts';
import { type FunctionFiles, findFunctions, prepareFunctions } from './function-files.ts';

const PROJECT = path.resolve(import.meta.dirname, '..');

export interface BuiltFunction {
  readonly name: string;
  /** Absolute; what is deployed. */
  readonly folder: string;
  /** Source file, relative to the project's root. */
  readonly source: string;
  /** Key of its entry in the metafile's outputs. */
  readonly output: string;
}

export interface FunctionsBuild {
  readonly functions: readonly BuiltFunction[];
  readonly metafile: Metafile;
}

/**
 * @param options.root the project that holds `functions/`
 * @param options.outdir @default - `dist` in the root
 */
export async function buildFunctions(
  options: { readonly root?: string; readonly outdir?: string } = {},
): Promise<FunctionsBuild> {
  const root = options.root ?? PROJECT;
  const outdir = options.outdir ?? path.join(root, 'dist');
  await prepareFunctions(root);
  const files = await findFunctions(root);
  const result = await bundle(root, outdir, files);
  const contents = new Map(
    result.outputFiles.map((file) => [path.relative(outdir, file.path), file.contents]),
  );
  const functions = [...files.entries].map(([name, source]) => ({
    name,
    source,
    folder: path.join(outdir, name),
    output: path
      .relative(root, path.join(outdir, `${name}.mjs`))
      .split(path.sep)
      .join('/'),
  }));
  await mkdir(outdir, { recursive: true });
  for (const { folder, output } of functions) {
    const names = bundleGraph(result.metafile, output).all.map((file) =>
      path.relative(outdir, path.resolve(root, file)),
    );
    await writeFolder(
      folder,
      new Map(names.flatMap((name) => [name, `${name}.map`]).map((n) => [n, contents.get(n)])),
    );
  }
  await removeOthers(outdir, new Set(functions.map(({ name }) => name)));
  return { functions, metafile: result.metafile };
}

/**
 * The folder that is deployed as a function's code.
 * @throws DefinitionError naming the functions there are.
 */
export function folderOf({ functions }: FunctionsBuild, name: string): string {
  const found = functions.find((built) => built.name === name);
  if (found === undefined) {
    throw new DefinitionError(
      `function "${name}" has no code; allowed: one file functions/*/${name}.ts, its contract exported by a contracts.ts under functions. Functions with code: ${functions.map((built) => built.name).join(', ') || 'none'}.`,
    );
  }
  return found.folder;
}

const bundle = (
  root: string,
  outdir: string,
  files: FunctionFiles,
): Promise<BuildResult<{ metafile: true; write: false }>> =>
  build({
    absWorkingDir: root,
    entryPoints: [...files.entries].map(([out, file]) => ({ in: file, out })),
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    sourcemap: true,
    sourcesContent: false,
    sourceRoot: '..', // each folder lies one deeper than esbuild is told
    metafile: true,
    write: false,
    logLevel: 'warning',
    plugins: [
      workflowsModule(root, files),
      environmentCredentials,
      unusedParts,
      privateLibraries(root),
      requireWhereCalled(root),
    ],
  });

/** Makes a folder hold exactly these files; each appears whole or not at all. */
async function writeFolder(
  folder: string,
  files: ReadonlyMap<string, Uint8Array | undefined>,
): Promise<void> {
  const present = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of present) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(path.relative(folder, file))) await rm(file, { force: true });
  }
  for (const [name, contents] of files) {
    if (contents === undefined) continue;
    const file = path.join(folder, name);
    const before = await readFile(file).catch(() => null);
    if (before?.equals(contents) === true) continue;
    await mkdir(path.dirname(file), { recursive: true });
    const draft = path.join(folder, '..', `.${process.pid}.partial`);
    await writeFile(draft, contents);
    await rename(draft, file);
  }
}

/** Removes folders of functions that are no more. */
async function removeOthers(outdir: string, names: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(outdir, { withFileTypes: true })) {
    if (entry.isDirectory() && !names.has(entry.name)) {
      await rm(path.join(outdir, entry.name), { recursive: true, force: true });
    }
  }
}

/** One line per function: what a cold start loads, and all of it. */
function report({ functions, metafile }: FunctionsBuild): string {
  const kb = (bytes: number): string => `${(bytes / 1024).toFixed(0).padStart(5)} KB`;
  return functions
    .map(({ name, output }) => {
      const { start, all } = bundleGraph(metafile, output);
      return `${name.padEnd(24)} at start ${kb(bytesOf(metafile, start))}  in all ${kb(bytesOf(metafile, all))}`;
    })
    .join('\n');
}

if (import.meta.main) console.log(report(await buildFunctions()));
