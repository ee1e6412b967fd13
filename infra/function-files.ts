/**
 * Which files become functions.
 *
 * Job: find the code of every agent that a contract names, the platform's own functions, and the
 * contracts of all workflows and subscriptions. Contracts are imported, handlers are only found.
 */
import { globSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';

/** A contract exported by a file; paths are relative to the project's root, with forward slashes. */
interface ExportedContract {
  readonly file: string;
  readonly exportName: string;
  readonly kind: 'agent' | 'workflow' | 'subscriptions';
  readonly name: string;
  /** Types of the domain events that it declares. */
  readonly events: readonly string[];
}

export interface FunctionFiles {
  /** Function name to file. */
  readonly entries: ReadonlyMap<string, string>;
  readonly workflows: readonly ExportedContract[];
  readonly subscriptions: readonly ExportedContract[];
  /** Domain events that any contract declares, each once, sorted. */
  readonly eventTypes: readonly string[];
}

/**
 * @param root the project: holds `functions/<folder>/contracts.ts` and `functions/<folder>/<agent>.ts`
 * @throws DefinitionError when two files claim to be one agent's code
 */
export async function findFunctions(root: string): Promise<FunctionFiles> {
  const contracts = await exportedContracts(root);
  const names = contracts.filter(({ kind }) => kind === 'agent').map(({ name }) => name);
  const entries = new Map<string, string>();
  for (const name of [...new Set(names)].sort()) {
    const [file, ...more] = find(root, `functions/*/${name}.ts`);
    if (more.length > 0) {
      throw new DefinitionError(
        `agent "${name}" has its code in ${[file, ...more].join(' and ')}; allowed: one file. Rename one of the agents.`,
      );
    }
    // A contract without code is refused where a workflow names it: it may belong to somebody else.
    if (file !== undefined) entries.set(name, file);
  }
  for (const name of Object.values(PLATFORM_NAMES)) {
    const [file] = find(root, `functions/platform/${name}.ts`);
    if (file !== undefined) entries.set(name, file);
  }
  return {
    entries,
    workflows: contracts.filter(({ kind }) => kind === 'workflow'),
    subscriptions: contracts.filter(({ kind }) => kind === 'subscriptions'),
    eventTypes: [...new Set(contracts.flatMap(({ events }) => events))].sort(),
  };
}

async function exportedContracts(root: string): Promise<ExportedContract[]> {
  const files = find(root, 'functions/*/contracts.ts');
  const perFile = await Promise.all(
    files.map(async (file) => {
      const exports: Record<string, unknown> = await importFile(root, file);
      return Object.entries(exports).flatMap(([exportName, value]) => {
        const contract = asContract(value);
        return contract === null ? [] : [{ file, exportName, ...contract }];
      });
    }),
  );
  return perFile.flat();
}

function asContract(value: unknown): Omit<ExportedContract, 'file' | 'exportName'> | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!('kind' in value && 'name' in value && typeof value.name === 'string')) return null;
  const { kind, name } = value;
  const events = 'events' in value ? Object.keys(value.events ?? {}) : [];
  return kind === 'agent' || kind === 'workflow' || kind === 'subscriptions'
    ? { kind, name, events }
    : null;
}

/**
 * Runs `prepare()` of every `functions/<folder>/prepare.ts`: what a function's bundle needs to be
 * made first.
 * @throws DefinitionError when a file does not export it
 */
export async function prepareFunctions(root: string): Promise<void> {
  for (const file of find(root, 'functions/*/prepare.ts')) {
    const { prepare } = await importFile(root, file);
    if (typeof prepare !== 'function') {
      throw new DefinitionError(
        `${file} exports ${prepare === undefined ? 'nothing' : `a ${typeof prepare}`} as "prepare"; allowed: a function that returns a promise. Export one, or rename the file.`,
      );
    }
    await prepare();
  }
}

const importFile = async (root: string, file: string): Promise<Record<string, unknown>> =>
  import(pathToFileURL(path.join(root, file)).href);

const find = (root: string, pattern: string): string[] =>
  globSync(pattern, { cwd: root })
    .map((file) => file.split(path.sep).join('/'))
    .sort();
