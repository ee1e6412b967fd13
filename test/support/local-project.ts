import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { down } from '../../cli/local/down.ts';
import { type LocalState, readLocalState } from '../../cli/local/local-state.ts';
import { shareInstallation } from '../../cli/local/shared-installation.ts';
import { isRunning } from '../../localstack/process-id.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** Writes its arguments down and the outputs where it is told; fails if it is told to. */
const CDK = `
const { appendFileSync, existsSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync('cdk-calls', JSON.stringify({ args, endpoint: process.env.AWS_ENDPOINT_URL }) + '\\n');
if (existsSync('cdk-fails')) { console.error('the stand-in fails'); process.exit(1); }
console.error('signalbox-local-api: deploying... [1/1]');
if (args[0] === 'deploy') writeFileSync(args[args.indexOf('--outputs-file') + 1], JSON.stringify({ api: { ApiId: 'a1', ApiStage: 'v1' } }));
`;

/** A project of its own with a stand-in for the `cdk`, and a terminal in it. */
export class LocalProject {
  readonly folder: string;
  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<LocalProject> {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-project-'));
    await shareInstallation(join(folder, '.signalbox'), process.env);
    const cdk = join(folder, 'node_modules', 'aws-cdk');
    await mkdir(join(cdk, 'bin'), { recursive: true });
    await writeFile(join(cdk, 'package.json'), '{"name":"aws-cdk"}');
    await writeFile(join(cdk, 'bin', 'cdk'), CDK);
    await writeFile(join(folder, 'package.json'), '{"name":"fixture"}');
    await writeFile(join(folder, 'cdk.json'), '{}');
    return new LocalProject(folder);
  }

  async remove(): Promise<void> {
    await down(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What commands find as AWS_ENDPOINT_URL. */
  externalCloud: string | undefined;

  /** Runs the command line in a process of its own. */
  signalbox(...args: string[]) {
    const env = { ...process.env, AWS_ENDPOINT_URL: this.externalCloud };
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: this.folder, env });
    return { child, ended: endOf(child) };
  }

  /** What is recorded as up. */
  async state(): Promise<LocalState> {
    const known = await readLocalState(this.folder);
    if (known === null) throw new TypeError('nothing is up');
    return known;
  }

  /** `up --foreground`, once it is up. */
  async inForeground() {
    const up = this.signalbox('up', '--foreground');
    await saying(up.child, 'Ctrl-C');
    return { ...up, state: await this.state() };
  }

  letCdkFail = (): Promise<void> => writeFile(join(this.folder, 'cdk-fails'), '');

  async cdkCalls(): Promise<unknown[]> {
    const lines = (await readFile(join(this.folder, 'cdk-calls'), 'utf8')).trim().split('\n');
    return lines.map((line) => JSON.parse(line));
  }
}

/** Which of the services of a state still run, by name. */
export async function running({ services }: LocalState): Promise<string[]> {
  const alive = await Promise.all(services.map(({ process }) => isRunning(process)));
  return services.filter((_, i) => alive[i]).map(({ name }) => name);
}

async function endOf(child: ChildProcess) {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new TypeError('the output is not piped');
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err, code] = await Promise.all([text(stdout), text(stderr), exit]);
  return { stdout: out, stderr: err, code };
}

const saying = (child: ChildProcess, words: string): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => String(chunk).includes(words) && resolve());
    child.once('exit', (code) =>
      reject(new TypeError(`ended with code ${code} before "${words}"`)),
    );
  });
