import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Report } from '../../localstack/report.ts';
import { cacheFolderOf } from './local-state.ts';
import { shareInstallation } from './shared-installation.ts';
import { type RunningLocal, startLocal } from './start-local.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

export interface OwnProject {
  /** Made for it; holds all that is written. */
  readonly folder: string;
  /** The CDK app, absolute. */
  readonly app: string;
  /** Of the app, beside this project's own. */
  readonly context: Readonly<Record<string, unknown>>;
  /** A folder of agents to deploy beside the platform's functions, and what it is called. @default - those of this project */
  readonly agents?: { readonly folder: string; readonly name: string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Deploys another app than this project's to a cloud of its own, with the platform's functions as they
 * are here.
 * @throws CliError, LocalCloudError
 */
export async function startOwnProject(own: OwnProject): Promise<RunningLocal> {
  const { folder: project, app, context, agents, report, signal } = own;
  // A cloud that somebody else has started is theirs.
  const { AWS_ENDPOINT_URL: _otherCloud, ...environment } = own.environment;
  await mkdir(project, { recursive: true });
  if (agents) {
    const functions = join(project, 'functions');
    await cp(agents.folder, join(functions, agents.name), { recursive: true });
    await cp(join(PROJECT, 'functions/platform'), join(functions, 'platform'), { recursive: true });
  }
  await shareInstallation(cacheFolderOf(project), environment);
  const cdk = JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8'));
  const cdkJson = {
    app: `node ${JSON.stringify(app)}`,
    versionReporting: false,
    context: { ...cdk.context, ...context },
  };
  await writeFile(join(project, 'cdk.json'), JSON.stringify(cdkJson));
  return startLocal({
    project,
    stateFolder: null,
    workFolder: join(project, 'work'),
    environment,
    report,
    signal,
  });
}
