import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheFolderOf } from '../../cli/local/local-state.ts';
import { startOwnProject } from '../../cli/local/own-project.ts';
import type { RunningLocal } from '../../cli/local/start-local.ts';
import type { Report } from '../../localstack/report.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

export interface ChaosDeployment {
  readonly local: RunningLocal;
  /** Process of the embedded cloud, whose descendants are the workers. */
  readonly cloudPid: number;
  stop(): Promise<void>;
}

/**
 * Deploys the chaos to a cloud of its own, from a project folder of its own: the agents of
 * `functions/` beside the platform's functions.
 * @throws CliError, LocalCloudError
 */
export async function deployChaos(
  outsideUrl: string,
  options: { readonly report: Report; readonly signal?: AbortSignal },
): Promise<ChaosDeployment> {
  await mkdir(cacheFolderOf(PROJECT), { recursive: true });
  const project = await mkdtemp(join(cacheFolderOf(PROJECT), 'chaos-'));
  const remove = (): Promise<void> => rm(project, { recursive: true, force: true });
  try {
    const local = await startOwnProject({
      folder: project,
      app: join(import.meta.dirname, 'app.ts'),
      context: { outsideUrl },
      agents: { folder: join(import.meta.dirname, 'functions'), name: 'chaos' },
      environment: process.env,
      ...options,
    });
    const cloudPid = local.services.find(({ record }) => record.name === 'cloud')?.record.process
      .pid;
    if (cloudPid === undefined) throw new TypeError('the embedded cloud has no process');
    const stop = async (): Promise<void> => {
      await local.stop();
      await remove();
    };
    return { local, cloudPid, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
