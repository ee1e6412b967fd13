/**
 * A copy of this project with one more workflow, deployed to a local cloud of its own: the product's
 * app stays as it is.
 */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { shareInstallation } from '../../cli/local/shared-installation.ts';
import { startLocal } from '../../cli/local/start-local.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const COPIED = [
  'package.json',
  'tsconfig.json',
  'cdk.json',
  'infra',
  'functions',
  'runtime',
  'docs',
];
/** Pages that agents of the product's own workflow carry with them. */
const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];

/** @throws LocalCloudError where this machine cannot run the local cloud */
export async function deployWarehouse() {
  const folder = await copyProject();
  try {
    await addWorkflow(folder);
    const local = await startLocal({
      project: folder,
      stateFolder: null,
      workFolder: join(folder, '.signalbox/run'),
      environment: process.env,
      report: (what) => console.error(what),
    });
    const stop = async (): Promise<void> => {
      await local.stop();
      await rm(folder, { recursive: true, force: true });
    };
    return { ...local, stop };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function copyProject(): Promise<string> {
  await mkdir(join(PROJECT, '.signalbox'), { recursive: true });
  const folder = await mkdtemp(join(PROJECT, '.signalbox/warehouse-'));
  for (const name of [...COPIED, ...PAGES]) {
    await cp(join(PROJECT, name), join(folder, name), { recursive: true });
  }
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  await shareInstallation(join(folder, '.signalbox'), process.env);
  return folder;
}

async function addWorkflow(folder: string): Promise<void> {
  const fixture = join(import.meta.dirname, 'warehouse');
  const agents = join(folder, 'functions/warehouse');
  await mkdir(agents);
  for (const name of ['contracts.ts', 'make-catalog.ts', 'read-catalog.ts']) {
    await cp(join(fixture, name), join(agents, name));
  }
  const workflow = await readFile(join(fixture, 'workflow.ts'), 'utf8');
  await writeFile(
    join(folder, 'infra/workflows/warehouse.ts'),
    workflow
      .replace("'./contracts.ts'", "'../../functions/warehouse/contracts.ts'")
      .replaceAll("'../../../infra/constructs/", "'../constructs/"),
  );
  const app = join(folder, 'infra/app.ts');
  const text = await readFile(app, 'utf8');
  await writeFile(
    app,
    `import { warehouseWorkflow } from './workflows/warehouse.ts';\n${text.replace(/supportWorkflow([,\]])/, 'supportWorkflow, warehouseWorkflow$1')}`,
  );
}
