/**
 * What can go wrong with the local cloud, each with what to do next. The folder knows nothing of
 * Signalbox's own code, so these have a base of their own; the command line says them like its own.
 */

/** `problem` says what is wrong, `next` what to do; the message is all of it. */
export abstract class LocalCloudError extends Error {
  abstract readonly code: string;
  readonly problem: string;
  readonly next: string;
  /** The end of the output or log that shows it; lines, or empty. */
  readonly details: string;
  constructor(problem: string, next: string, details = '') {
    super([`${problem}. ${next}`, details.trimEnd()].join('\n').trimEnd());
    this.problem = problem;
    this.next = next;
    this.details = details.trimEnd();
  }
}

/** Docker needs no Python. */
const OR_DOCKER =
  'Or use Docker: `docker compose -f localstack/compose.yaml up -d --wait`, then set AWS_ENDPOINT_URL=http://127.0.0.1:4566.';

/** No usable Python interpreter was found. */
export class PythonMissingError extends LocalCloudError {
  override readonly name = 'PythonMissingError';
  readonly code = 'PYTHON_MISSING';
  constructor(found: string, install: string) {
    super(
      `the embedded cloud needs Python 3.10 or later; found: ${found}`,
      `Install it: ${install}. Or name one that is installed with SIGNALBOX_PYTHON. ${OR_DOCKER}`,
    );
  }
}

/** Python is there, but cannot make virtual environments. */
export class VenvModuleMissingError extends LocalCloudError {
  override readonly name = 'VenvModuleMissingError';
  readonly code = 'PYTHON_VENV_MISSING';
  constructor(python: string, install: string) {
    super(
      `${python} lacks its venv module, which the embedded cloud is installed with`,
      `Install it: ${install}. Or name another Python with SIGNALBOX_PYTHON. ${OR_DOCKER}`,
    );
  }
}

/** The pinned Python packages could not be installed. */
export class CloudInstallError extends LocalCloudError {
  override readonly name = 'CloudInstallError';
  readonly code = 'CLOUD_INSTALL_FAILED';
  constructor(step: string, output: string) {
    super(
      `installing the embedded cloud failed at \`${step}\``,
      `Check the network and pip's settings (\`python3 -m pip config list\`), then try again. ${OR_DOCKER}`,
      output,
    );
  }
}

/** No Node that runs Lambda's nodejs24.x code is to be found. */
export class NodeMissingError extends LocalCloudError {
  override readonly name = 'NodeMissingError';
  readonly code = 'NODE_MISSING';
  constructor(version: string) {
    super(
      `local Lambda functions need Node 24; this is Node ${version}, and the project's own is not installed`,
      'Run `npm ci`.',
    );
  }
}

/** A process of the local stack ended, or was not ready in time. */
export class ServiceStartError extends LocalCloudError {
  override readonly name = 'ServiceStartError';
  readonly code = 'SERVICE_START_FAILED';
  constructor(service: string, what: string, log: string) {
    super(
      `the local ${service} ${what}`,
      `Its whole log is in .signalbox/logs/${service}.log.`,
      log.trim() === '' ? '(it logged nothing)' : log,
    );
  }
}

/** The cloud that AWS_ENDPOINT_URL names does not answer. */
export class CloudUnreachableError extends LocalCloudError {
  override readonly name = 'CloudUnreachableError';
  readonly code = 'CLOUD_UNREACHABLE';
  constructor(endpoint: string, got: string) {
    super(
      `AWS_ENDPOINT_URL is ${endpoint}, and no cloud answers there (${got})`,
      'Start that cloud, or unset AWS_ENDPOINT_URL to use the embedded one.',
    );
  }
}

/** The embedded cloud does not take a fault rule. */
export class FaultRefusedError extends LocalCloudError {
  override readonly name = 'FaultRefusedError';
  readonly code = 'FAULT_REFUSED';
  constructor(why: string) {
    super(`the embedded cloud refused the fault rule: ${why}`, 'Correct it, then try again.');
  }
}

/** What answers at the endpoint cannot inject faults. */
export class FaultsUnavailableError extends LocalCloudError {
  override readonly name = 'FaultsUnavailableError';
  readonly code = 'FAULTS_UNAVAILABLE';
  constructor(url: string, got: string) {
    super(
      `no fault injection answers at ${url} (${got})`,
      'Only the embedded cloud injects faults: unset AWS_ENDPOINT_URL, and see with `npx signalbox status` that it is up.',
    );
  }
}
