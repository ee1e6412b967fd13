/**
 * What a function is made of, read from esbuild's metafile.
 *
 * Boundary: pure. `start` is what a cold start loads, `all` also what is loaded at first use.
 */
import type { Metafile } from 'esbuild';

export interface BundleGraph {
  /** Output files that the entry imports statically, itself included: loaded before the first message. */
  readonly start: readonly string[];
  /** `start` and everything that is reached by dynamic imports. */
  readonly all: readonly string[];
}

export function bundleGraph({ outputs }: Metafile, entry: string): BundleGraph {
  const reach = (kinds: ReadonlySet<string>): string[] => {
    const seen = new Set([entry]);
    for (const file of seen) {
      for (const { path, kind, external } of outputs[file]?.imports ?? []) {
        if (external !== true && kinds.has(kind)) seen.add(path);
      }
    }
    return [...seen];
  };
  return {
    start: reach(new Set(['import-statement'])),
    all: reach(new Set(['import-statement', 'dynamic-import'])),
  };
}

export const bytesOf = ({ outputs }: Metafile, files: readonly string[]): number =>
  files.reduce((sum, file) => sum + (outputs[file]?.bytes ?? 0), 0);

/** Source files that ended up in these outputs. */
export const inputsOf = ({ outputs }: Metafile, files: readonly string[]): string[] => [
  ...new Set(files.flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}))),
];
