/**
 * A real OpenTelemetry Collector for tests: built of its official modules, receiving OTLP over HTTP,
 * writing what it has understood to a file.
 *
 * Building it needs Go, and takes minutes: only `npm run test:traces` does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolderOf } from '../../cli/local/local-state.ts';
import { freePort } from '../../localstack/free-port.ts';
import { runCommand } from '../../localstack/run-command.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const SOURCE = resolve(import.meta.dirname, 'otel-collector');
const FILES = ['main.go', 'go.mod', 'go.sum'] as const;
/** Some 250 modules are fetched and compiled the first time. */
const BUILD_TIMEOUT_MS = 15 * 60_000;
const START_TIMEOUT_MS = 20_000;

/** A span as the collector writes it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: Readonly<Record<string, unknown>>;
  }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

export interface Collector {
  readonly endpoint: string;
  /** What has been written so far, sorted by nothing. */
  spans(): Promise<readonly ReceivedSpan[]>;
  stop(): Promise<void>;
}

/** The program, where `npm run test:traces` has built it; `null` elsewhere, with the reason on standard error. */
export async function findCollector(): Promise<string | null> {
  const program = await programFile();
  if (await exists(program)) return program;
  console.error(
    'No OpenTelemetry Collector has been built, suites that need one are skipped: npm run test:traces builds it, which takes Go and some minutes.',
  );
  return null;
}

/**
 * Builds the program unless it is there.
 * @throws Error with what Go has to say
 */
export async function buildCollector(): Promise<void> {
  const program = await programFile();
  if (await exists(program)) return;
  await mkdir(dirname(program), { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const { code, stderr } = await runCommand('go', ['build', '-C', SOURCE, '-o', unfinished, '.'], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/local/go/bin` },
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  if (code !== 0) throw new Error(`go build gave ${code}: ${stderr.slice(-500)}`);
  await rename(unfinished, program);
}

/** One for each state of its sources. */
async function programFile(): Promise<string> {
  const texts = await Promise.all(FILES.map((file) => readFile(join(SOURCE, file))));
  const digest = createHash('sha256').update(Buffer.concat(texts)).digest('hex').slice(0, 16);
  return join(cacheFolderOf(PROJECT), 'otel-collector', digest);
}

export async function startCollector(program: string): Promise<Collector> {
  const folder = await mkdtemp(join(cacheFolderOf(PROJECT), 'otel-'));
  const port = await freePort();
  const file = join(folder, 'spans.jsonl');
  const collector = spawn(program, [`--config=yaml:${configOf(port, file)}`], { stdio: 'pipe' });
  let log = '';
  collector.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await ended(collector);
    await rm(folder, { recursive: true, force: true });
  };
  const untilMs = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(endpoint))) {
    if (performance.now() > untilMs || collector.exitCode !== null) {
      await stop();
      throw new Error(`the collector does not start: ${log.slice(-1000)}`);
    }
    await sleep(50);
  }
  return { endpoint, spans: () => spansIn(file), stop };
}

/** No metrics of its own: they would take a fixed port. */
const configOf = (port: number, file: string): string =>
  JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { file: { path: file, flush_interval: '100ms' } },
    service: {
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } },
    },
  });

async function ended(collector: ChildProcess): Promise<void> {
  if (collector.exitCode !== null) return;
  const { promise, resolve: done } = Promise.withResolvers<void>();
  collector.once('exit', () => done());
  collector.kill();
  await promise;
}

/** A request without spans: a receiver that is there takes it. */
const answers = (endpoint: string): Promise<boolean> =>
  fetch(`${endpoint}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  }).then(
    ({ ok }) => ok,
    () => false,
  );

async function spansIn(file: string): Promise<readonly ReceivedSpan[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => JSON.parse(line).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }): readonly ReceivedSpan[] => spans);
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
