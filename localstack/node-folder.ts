import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { NodeMissingError } from './errors.ts';

const NEEDED_MAJOR = 24;

/**
 * The folder whose `node` runs local Lambda functions: Lambda's version, whatever the machine has.
 * @throws NodeMissingError
 */
export function nodeFolder(
  current: { readonly execPath: string; readonly version: string } = {
    execPath: process.execPath,
    version: process.versions.node,
  },
): string {
  if (Number.parseInt(current.version, 10) >= NEEDED_MAJOR) return dirname(current.execPath);
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    return join(dirname(manifest), 'bin');
  } catch {
    throw new NodeMissingError(current.version);
  }
}
