import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheFolderOf } from '../../../cli/local/local-state.ts';
import { type RunningLocal, startLocal } from '../../../cli/local/start-local.ts';
import type { Report } from '../../../localstack/report.ts';
import { shareInstallation } from '../../../test/support/shared-installation.ts';

/**
 * The governed pipeline on a cloud, a provider and a customer system of its own.
 * @param options.folder made for it; holds all that is written
 * @param options.modelPerSecond what the provider takes, as its quota says
 * @throws CliError, LocalCloudError
 */
export async function deployGoverned(options: {
  readonly folder: string;
  readonly modelPerSecond: number;
  readonly report: Report;
  readonly signal?: AbortSignal;
}): Promise<RunningLocal> {
  const { folder: project, modelPerSecond, report, signal } = options;
  await mkdir(project, { recursive: true });
  await shareInstallation(cacheFolderOf(project));
  const cdkJson = await readFile(resolve(import.meta.dirname, '../../../cdk.json'), 'utf8');
  const { context } = JSON.parse(cdkJson);
  const app = {
    app: `node ${JSON.stringify(join(import.meta.dirname, 'app.ts'))}`,
    versionReporting: false,
    context: { ...context, modelPerSecond },
  };
  await writeFile(join(project, 'cdk.json'), JSON.stringify(app));
  const { AWS_ENDPOINT_URL: _otherCloud, ...environment } = process.env;
  return startLocal({
    project,
    stateFolder: null,
    workFolder: join(project, 'work'),
    environment,
    report,
    signal,
  });
}
