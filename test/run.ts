/**
 * `npm test`: every gate in one command, cheapest first, closing with one counted line.
 *
 * Job: run the gates one after the other (two cores: side by side they would only slow each other),
 * say what each took, and count the tests of all projects. What has clouds of its own waits for most of
 * its time, and is the exception.
 * A gate that checked nothing has failed: a project without tests is an error, not a green.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, with the first lines of its reason: told once more at the end, where people look. */
  readonly failures: readonly string[];
}

/** What we read of vitest's JSON report. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    /** Why the file failed outside its tests. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const CHECKS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['lint', ['biome', 'ci', '--colors=off', '.']],
  ['types', ['tsc', '-p', '.']],
  ['knip', ['knip']],
  ...['local', 'dev', 'prod'].map(
    (stage) =>
      [
        `synth ${stage}`,
        ['cdk', 'synth', '--quiet', '-c', `stage=${stage}`, '-o', `cdk.out.${stage}`],
      ] as const,
  ),
];
const PROJECTS = ['unit', 'types', 'infra', 'simulation', 'conformance'];

/** Of a failure's reason, as repeated at the end. */
const LINES_OF_REASON = 6;

type Command = readonly string[];

/** What is shown at once, of a gate that runs alone, or in one piece when it has ended. */
type Shown = 'at once' | 'in one piece';

async function run(name: string, command: Command, shown: Shown = 'at once'): Promise<boolean> {
  const began = performance.now();
  if (shown === 'at once') console.log(`\n── ${name}`);
  const stdio = shown === 'at once' ? 'inherit' : 'pipe';
  const child = spawn('npx', ['--no-install', ...command], { stdio });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')),
  );
  const status = await ended;
  if (shown === 'in one piece') console.log(`\n── ${name}\n${out}${err}`);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`── ${name}: ${status === 0 ? 'ok' : 'FAILED'} in ${seconds} s`);
  return status === 0;
}

function readReport(file: string): VitestReport | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch {
    return null;
  }
}

const toldOf = (what: string, reason: string): string =>
  [what, ...reason.split('\n').slice(0, LINES_OF_REASON)].join('\n     ');

function failuresOf({ testResults }: VitestReport): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    const file = relative(process.cwd(), name);
    // A hook or an import that fails, fails no test.
    if (failed.length === 0 && status === 'failed') return [toldOf(file, message)];
    return failed.map(({ fullName, failureMessages = [] }) =>
      toldOf(`${file}: ${fullName}`, failureMessages.join('\n')),
    );
  });
}

/** Runs one vitest project; a report that is missing or empty counts as one failure. */
async function testProject(project: string, folder: string, shown?: Shown): Promise<Counts> {
  const file = join(folder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const ok = await run(
    `test ${project}`,
    ['vitest', 'run', '--project', project, ...reporters],
    shown,
  );
  const report = readReport(file);
  if (report === null || report.numTotalTests === 0) {
    console.log(`── test ${project}: no test ran`);
    return { passed: 0, failed: 1, skipped: 0, failures: [`${project}: no test ran`] };
  }
  const skipped = report.testResults
    .flatMap((result) => result.assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed');
  for (const { fullName } of skipped) console.log(`   skipped: ${fullName}`);
  const failures = failuresOf(report);
  if (failures.length === 0 && !ok) failures.push(`${project}: see its output above`);
  return {
    passed: report.numPassedTests,
    failed: failures.length,
    skipped: skipped.length,
    failures,
  };
}

/** The contract tests count by themselves: a name without a test has failed too. */
async function testContracts(folder: string): Promise<Counts> {
  const file = join(folder, 'contract.json');
  await run('test contract', ['node', 'test/run-contract.ts', '--json', file], 'in one piece');
  try {
    const { passed, failed, skipped } = JSON.parse(readFileSync(file, 'utf8'));
    const failures = failed > 0 ? ['contract: see its output above'] : [];
    return { passed, failed, skipped: skipped.length, failures };
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: ['contract: no report'] };
  }
}

/** Two at a time: they wait for queues, leases and deadlines of clouds of their own. */
async function testOnClouds(folder: string): Promise<readonly Counts[]> {
  const deployments = testProject('deployments', folder, 'in one piece');
  const integration = await testProject('integration', folder, 'in one piece');
  return [integration, await testContracts(folder), await deployments];
}

const began = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
const failedChecks: string[] = [];
for (const [name, command] of CHECKS) if (!(await run(name, command))) failedChecks.push(name);
const counts: Counts[] = [];
for (const project of PROJECTS) counts.push(await testProject(project, folder));
console.log('\n── test integration, contract beside deployments: each is shown when it has ended');
counts.push(...(await testOnClouds(folder)));
rmSync(folder, { recursive: true });

const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
  counts.reduce((total, count) => total + count[key], 0);
const failed = sum('failed') + failedChecks.length;
for (const failure of counts.flatMap(({ failures }) => failures)) {
  console.log(`   failed: ${failure}`);
}
console.log(
  `\nchecks: ${CHECKS.length - failedChecks.length} of ${CHECKS.length} ok${failedChecks.map((name) => `, ${name} FAILED`).join('')}`,
);
console.log(`${((performance.now() - began) / 1000).toFixed(0)} s`);
console.log(`${sum('passed')} passed, ${failed} failed, ${sum('skipped')} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
