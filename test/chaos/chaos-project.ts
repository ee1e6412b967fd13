import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheFolderOf } from '../../cli/local/local-state.ts';
import { type RunningLocal, startLocal } from '../../cli/local/start-local.ts';
import type { Report } from '../../localstack/report.ts';
import { shareInstallation } from '../support/shared-installation.ts';

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
    await fillProject(project, outsideUrl);
    const { AWS_ENDPOINT_URL: _otherCloud, ...environment } = process.env;
    const local = await startLocal({
      project,
      stateFolder: null,
      workFolder: join(project, 'work'),
      environment,
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

async function fillProject(project: string, outsideUrl: string): Promise<void> {
  const functions = join(project, 'functions');
  await cp(join(import.meta.dirname, 'functions'), join(functions, 'chaos'), { recursive: true });
  await cp(join(PROJECT, 'functions/platform'), join(functions, 'platform'), { recursive: true });
  await shareInstallation(cacheFolderOf(project));
  const { context } = JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8'));
  const app = {
    app: `node ${JSON.stringify(join(import.meta.dirname, 'app.ts'))}`,
    versionReporting: false,
    context: { ...context, outsideUrl },
  };
  await writeFile(join(project, 'cdk.json'), JSON.stringify(app));
}
