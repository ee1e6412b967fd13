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
  'data',
];
/** Pages that agents of the product's own workflow carry with them. */
const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];

/**
 * @param fixture a folder beside this file: `workflow.ts` exports `<fixture>Workflow`, the rest is the
 * workflow's folder of functions
 * @throws LocalCloudError where this machine cannot run the local cloud
 */
export async function deployWith(fixture: string) {
  const folder = await copyProject(fixture);
  try {
    await addWorkflow(folder, fixture);
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

/** @returns the copy's folder, under this project's: whoever made it removes it */
export async function copyProject(fixture: string): Promise<string> {
  await mkdir(join(PROJECT, '.signalbox'), { recursive: true });
  const folder = await mkdtemp(join(PROJECT, `.signalbox/${fixture}-`));
  for (const name of [...COPIED, ...PAGES]) {
    await cp(join(PROJECT, name), join(folder, name), { recursive: true });
  }
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  await shareInstallation(join(folder, '.signalbox'), process.env);
  return folder;
}

async function addWorkflow(folder: string, fixture: string): Promise<void> {
  const source = join(import.meta.dirname, fixture);
  const functions = join(folder, 'functions', fixture);
  await cp(source, functions, {
    recursive: true,
    filter: (file) => !file.endsWith('/workflow.ts'),
  });
  const workflow = await readFile(join(source, 'workflow.ts'), 'utf8');
  await writeFile(
    join(folder, `infra/workflows/${fixture}.ts`),
    workflow
      .replace("'./contracts.ts'", `'../../functions/${fixture}/contracts.ts'`)
      .replaceAll("'../../../infra/constructs/", "'../constructs/"),
  );
  const app = join(folder, 'infra/app.ts');
  const text = await readFile(app, 'utf8');
  const name = `${fixture}Workflow`;
  await writeFile(
    app,
    `import { ${name} } from './workflows/${fixture}.ts';\n${text.replace(/supportWorkflow([,\]])/, `supportWorkflow, ${name}$1`)}`,
  );
}
