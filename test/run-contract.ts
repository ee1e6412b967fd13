/**
 * `npm run test:contract -- [--json FILE]`: the contract tests on one cloud, and what they say of it.
 *
 * The cloud is the embedded one, the one that AWS_ENDPOINT_URL names, or AWS with
 * SIGNALBOX_CONTRACT_CLOUD=aws (own resources, removed at the end; real credentials and region).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { CAPABILITY_NAMES, EVIDENCE, reasonAgainst } from '../localstack/capabilities.ts';
import { parseJson } from '../localstack/parse-json.ts';

/** What we read of vitest's JSON report. */
const ReportSchema = z.object({
  numFailedTestSuites: z.number(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({
          title: z.string(),
          status: z.string(),
          meta: z.object({
            cloud: z.optional(z.enum(['embedded', 'localstack', 'aws'])),
            surprising: z.optional(z.boolean()),
          }),
        }),
      ),
    }),
  ),
});
type Report = z.infer<typeof ReportSchema>;

/** Names are those of `localstack/capabilities.ts`. */
interface Summary {
  /** `null` when no test reached a cloud. */
  readonly cloud: 'embedded' | 'localstack' | 'aws' | null;
  readonly passed: number;
  /** Claimed, and not so. */
  readonly failed: number;
  /** Denied, and not there. */
  readonly skipped: readonly string[];
  /** Denied, and there all the same: the list may claim it. */
  readonly surprising: readonly string[];
  /** In the list, and without a test: counted as failed. */
  readonly untested: readonly string[];
}

function runTests(): Report | null {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-contract-'));
  const file = join(folder, 'report.json');
  // More than there are cores: the tests wait for the cloud most of the time.
  const vitest = ['vitest', 'run', '--project', 'contract', '--maxWorkers=4'];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  spawnSync('npx', ['--no-install', ...vitest, ...reporters], { stdio: 'inherit' });
  try {
    return parseJson(ReportSchema, readFileSync(file, 'utf8'));
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function summaryOf(report: Report | null): Summary {
  const tests = report?.testResults.flatMap(({ assertionResults }) => assertionResults) ?? [];
  const titlesOf = (status: string) =>
    tests.filter((test) => test.status === status).map(({ title }) => title);
  const passed = titlesOf('passed').length;
  const skipped = titlesOf('skipped');
  const known = new Set(tests.map(({ title }) => title));
  const untested = CAPABILITY_NAMES.filter((name) => !known.has(name));
  const failed = tests.length - passed - skipped.length + untested.length;
  return {
    cloud: tests.find(({ meta }) => meta.cloud !== undefined)?.meta.cloud ?? null,
    passed,
    // A file that cannot be loaded has failed too.
    failed: failed || (report?.numFailedTestSuites ?? 0),
    skipped,
    surprising: tests.filter(({ meta }) => meta.surprising === true).map(({ title }) => title),
    untested,
  };
}

function reasonFor(name: string, { cloud }: Summary): string {
  const capability = CAPABILITY_NAMES.find((known) => known === name);
  const reason = capability && cloud && reasonAgainst(capability, cloud);
  return reason ?? 'this machine cannot run a local cloud';
}

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const summary = summaryOf(runTests());
const { cloud, passed, failed, skipped, surprising, untested } = summary;
if (cloud !== null) console.log(`\n${cloud}: claims ${EVIDENCE[cloud]}`);
for (const name of skipped) console.log(`  skipped: ${name} (${reasonFor(name, summary)})`);
for (const name of surprising) console.log(`  surprising, it is denied and passes: ${name}`);
for (const name of untested) console.log(`  no test has this name: ${name}`);
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summary)}\n`);
process.exitCode = failed === 0 ? 0 : 1;
