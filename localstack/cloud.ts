/**
 * The cloud that local runs and tests use.
 *
 * Job: the cloud that AWS_ENDPOINT_URL names if it is set, otherwise the embedded one (MiniStack).
 * Boundary: the only file that knows MiniStack's settings. An external cloud is used as it is:
 * nothing is started, changed or stopped.
 *
 * Invariants
 * C1. The embedded cloud sees none of the caller's environment: whatever it has, its functions have.
 * C2. It is ready when *our* process answers: its token is in the answer, so another cloud that took
 *     the same port in between is never mistaken for it.
 * C3. Two may start at once, with the same cache folder.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CloudUnreachableError, ServiceStartError } from './errors.ts';
import { freePort } from './free-port.ts';
import { nodeFolder } from './node-folder.ts';
import type { Report } from './report.ts';
import { type ServiceProcess, startService, stopOrphans, untilReady } from './service-process.ts';
import { ensureVirtualEnvironment } from './virtual-environment.ts';

/** The account that both embedded cloud and LocalStack give to the key `test`. */
export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';

/** MiniStack with its gaps closed; it refuses to start on another version than it was written for. */
const FIDELITY = fileURLToPath(new URL('./fidelity', import.meta.url));

const READY_TIMEOUT_MS = 30_000;
const HEALTH_TIMEOUT_MS = 5_000;
const PORT_TRIES = 3;

export interface CloudOptions {
  /** Absolute path of the project's `.signalbox`. */
  readonly cacheFolder: string;
  /** Absolute path where resources and data outlive a stop; `null`: they end with the cloud. */
  readonly stateFolder: string | null;
  readonly report: Report;
  /**
   * MiniStack as Signalbox needs it, or as it comes, which only a comparison wants.
   * @default 'patched'
   */
  readonly fidelity?: 'patched' | 'stock';
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface RunningCloud {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly endpoint: string;
  readonly kind: 'embedded' | 'external';
  /** `null` for an external cloud. */
  readonly service: ServiceProcess | null;
  /** Does nothing for an external cloud. */
  stop(): Promise<void>;
}

/**
 * @throws CloudUnreachableError, PythonMissingError, VenvModuleMissingError, CloudInstallError,
 *   NodeMissingError, ServiceStartError; each says what to do.
 */
export async function startCloud(options: CloudOptions): Promise<RunningCloud> {
  const environment = options.environment ?? process.env;
  const external = environment.AWS_ENDPOINT_URL;
  if (external) return useExternalCloud(external.replace(/\/+$/, ''), options.report);
  await stopOrphans(options.cacheFolder);
  const { cacheFolder, report } = options;
  const python = await ensureVirtualEnvironment({ cacheFolder, environment, report });
  report('Starting the embedded cloud');
  return startEmbedded(python, options, PORT_TRIES);
}

/** What a process needs to use the cloud at `endpoint` as if it were AWS. */
export const cloudEnvironment = (endpoint: string) => ({
  AWS_ENDPOINT_URL: endpoint,
  // Without it the CDK's asset upload would put the bucket's name into the host name.
  AWS_ENDPOINT_URL_S3: endpoint,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: LOCAL_REGION,
  AWS_DEFAULT_REGION: LOCAL_REGION,
  AWS_EC2_METADATA_DISABLED: 'true',
});

async function useExternalCloud(endpoint: string, report: Report): Promise<RunningCloud> {
  report(`Using the cloud at ${endpoint}`);
  const got = await fetch(`${endpoint}/_localstack/health`, {
    signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
  }).then(
    ({ status }) => (status < 500 ? null : `status ${status}`),
    (error: unknown) => reasonOf(error),
  );
  if (got !== null) throw new CloudUnreachableError(endpoint, got);
  return { endpoint, kind: 'external', service: null, stop: async () => undefined };
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
};

/** A port that was free may be taken when MiniStack binds it: then another one is tried. */
async function startEmbedded(
  python: string,
  options: CloudOptions,
  tries: number,
): Promise<RunningCloud> {
  const { cacheFolder, stateFolder, fidelity = 'patched' } = options;
  const port = await freePort(await lastPort(stateFolder));
  const token = randomUUID();
  const service = await startService({
    name: 'cloud',
    command: python,
    args: fidelity === 'patched' ? ['-I', FIDELITY] : ['-I', '-m', 'ministack'],
    environment: (scratch) => ministackEnvironment({ port, token, scratch, stateFolder }),
    cacheFolder,
  });
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await untilReady(service, () => isOurs(endpoint, token), READY_TIMEOUT_MS);
  } catch (error) {
    if (tries > 1 && isPortTaken(error)) return startEmbedded(python, options, tries - 1);
    throw error;
  }
  await rememberPort(stateFolder, port);
  return { endpoint, kind: 'embedded', service, stop: () => service.stop() };
}

const isPortTaken = (error: unknown): boolean =>
  error instanceof ServiceStartError && /already in use/i.test(error.message);

async function isOurs(endpoint: string, token: string): Promise<true | null> {
  const body = await fetch(`${endpoint}/_ministack/health`, {
    signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
  }).then(
    (response) => response.text(),
    () => '',
  );
  return body.includes(token) ? true : null;
}

interface MinistackSettings {
  readonly port: number;
  readonly token: string;
  /** Its home and temporary folder: unpacked function code, removed when it stops. */
  readonly scratch: string;
  readonly stateFolder: string | null;
}

/** MiniStack's whole environment (C1). `MINISTACK_EDITION` is free text that its health repeats (C2). */
export const ministackEnvironment = ({ port, token, scratch, stateFolder }: MinistackSettings) => ({
  PATH: [nodeFolder(), '/usr/bin', '/bin'].join(delimiter),
  HOME: scratch,
  TMPDIR: scratch,
  LAMBDA_EXECUTOR: 'local',
  GATEWAY_PORT: String(port),
  BIND_HOST: '127.0.0.1',
  IOT_MTLS_ENABLED: '0',
  MINISTACK_EDITION: token,
  ...(stateFolder !== null && {
    PERSIST_STATE: '1',
    STATE_DIR: stateFolder,
    S3_PERSIST: '1',
    S3_DATA_DIR: join(stateFolder, 's3'),
  }),
});

/** Kept resources carry the port in their URLs, so the kept state prefers the port it had. */
async function lastPort(stateFolder: string | null): Promise<number | undefined> {
  if (stateFolder === null) return undefined;
  const port = Number(await readFile(join(stateFolder, 'port'), 'utf8').catch(() => ''));
  return Number.isInteger(port) && port > 0 ? port : undefined;
}

async function rememberPort(stateFolder: string | null, port: number): Promise<void> {
  if (stateFolder === null) return;
  await mkdir(stateFolder, { recursive: true });
  await writeFile(join(stateFolder, 'port'), String(port));
}
