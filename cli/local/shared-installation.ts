import { mkdir, symlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ensureVirtualEnvironment } from '../../localstack/virtual-environment.ts';

/** Puts this project's installation of the embedded cloud into another cache folder. */
export async function shareInstallation(
  cacheFolder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const python = await ensureVirtualEnvironment({
    cacheFolder: resolve(import.meta.dirname, '../../.signalbox'),
    environment,
    report: () => undefined,
  });
  const installed = dirname(dirname(python));
  await mkdir(cacheFolder, { recursive: true });
  await symlink(installed, join(cacheFolder, basename(installed)));
}
