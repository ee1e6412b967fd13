/**
 * One embedded cloud for a test project: `inject('endpoint')`.
 *
 * It has its own port and keeps nothing, so it runs beside a user's `up`. Without Python it is
 * `null`, the reason is printed, and suites that need it skip by name.
 */
import { resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type RunningCloud, startCloud } from '../../localstack/cloud.ts';
import { PythonMissingError, VenvModuleMissingError } from '../../localstack/errors.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The local cloud, like `http://127.0.0.1:4566`; `null` when this machine cannot run it. */
    endpoint: string | null;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cloud = await cloudOrNull();
  project.provide('endpoint', cloud?.endpoint ?? null);
  return async () => {
    await cloud?.stop();
  };
}

/** `null`: this machine has no Python; the reason is printed. */
export async function cloudOrNull(): Promise<RunningCloud | null> {
  try {
    return await startCloud({
      cacheFolder: resolve(import.meta.dirname, '../../.signalbox'),
      stateFolder: null,
      report: (what) => console.error(what),
    });
  } catch (error) {
    if (!isWithoutPython(error)) throw error;
    console.error(`no local cloud, suites that need one are skipped: ${error.message}`);
    return null;
  }
}

/** The only reasons to skip; a cloud that is broken fails the tests. */
export const isWithoutPython = (
  error: unknown,
): error is PythonMissingError | VenvModuleMissingError =>
  error instanceof PythonMissingError || error instanceof VenvModuleMissingError;
