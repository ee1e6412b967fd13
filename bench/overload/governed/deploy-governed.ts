import { join } from 'node:path';
import { startOwnProject } from '../../../cli/local/own-project.ts';
import type { RunningLocal } from '../../../cli/local/start-local.ts';
import type { Report } from '../../../localstack/report.ts';

/**
 * The governed pipeline on a cloud, a provider and a customer system of its own.
 * @param options.folder made for it; holds all that is written
 * @param options.modelPerSecond what the provider takes, as its quota says
 * @throws CliError, LocalCloudError
 */
export const deployGoverned = ({
  modelPerSecond,
  ...options
}: {
  readonly folder: string;
  readonly modelPerSecond: number;
  readonly report: Report;
  readonly signal?: AbortSignal;
}): Promise<RunningLocal> =>
  startOwnProject({
    app: join(import.meta.dirname, 'app.ts'),
    context: { modelPerSecond },
    environment: process.env,
    ...options,
  });
