/**
 * A copy of this project to which a subscriber is added while it is deployed: as docs/events.md says, and
 * another one with an effect behind it (`market/`), so that it can be counted what a replay has performed.
 */
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deployLocal } from '../../cli/local/deploy-local.ts';
import { startLocal } from '../../cli/local/start-local.ts';
import { copyProject } from './added-workflow.ts';
import { changeFile, followPage } from './docs.ts';

const PAGE = 'docs/events.md';
const WITH_EFFECT = [
  {
    file: 'infra/workflows/real-estate.ts',
    before: ".on('listings.found', reportMarket)",
    after: ".on('listings.found', reportMarket).on('market.reported', sendReport)",
  },
  {
    file: 'infra/workflows/real-estate.ts',
    before: 'import { latest, Subscriptions }',
    after:
      "import { sendReport } from '../../functions/mail/contracts.ts';\nimport { latest, Subscriptions }",
  },
];

/**
 * Deploys the copy as it is.
 * @throws LocalCloudError where this machine cannot run the local cloud
 */
export async function deployCopy() {
  const project = await copyProject('market');
  const remove = (): Promise<void> => rm(project, { recursive: true, force: true });
  const own = {
    project,
    workFolder: join(project, '.signalbox/run'),
    environment: process.env,
    report: (what: string) => console.error(what),
  };
  try {
    const local = await startLocal({ ...own, stateFolder: null });
    return {
      ...local,
      /** Adds the subscriber and deploys again, under the traffic that there is. */
      async addSubscriber(): Promise<void> {
        await addReports(project);
        const cloud = { endpoint: local.endpoint, kind: local.cloud };
        await deployLocal({ ...local, ...own, cloud, logFile: join(project, 'again.log') });
      },
      async stop(): Promise<void> {
        await local.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What the page says, then the agent with the effect. */
async function addReports(project: string): Promise<void> {
  followPage(project, PAGE);
  await cp(join(import.meta.dirname, 'market'), join(project, 'functions/mail'), {
    recursive: true,
  });
  const handler = join(project, 'functions/mail/send-report.ts');
  const text = await readFile(handler, 'utf8');
  await writeFile(handler, text.replaceAll('../../../functions/', '../'));
  for (const change of WITH_EFFECT) changeFile(project, change);
}
