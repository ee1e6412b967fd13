/**
 * Errors of the command line, and how every error is said: one line of what was wrong, one line of
 * what to do next.
 */
import { ApiUnreachableError, ProblemError } from '#runtime/client/errors.ts';
import type { Problem } from '#runtime/contracts/api.ts';
import { SignalboxError } from '#runtime/contracts/errors.ts';
import type { Paint } from './draw/paint.ts';
import { clean } from './draw/text.ts';

/** The process's exit codes. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error with a next step. `message` says what was wrong, `next` what to do. */
export class CliError extends SignalboxError {
  override readonly name = 'CliError';
  readonly code: string;
  readonly next: string;
  readonly exitCode: ExitCode;
  constructor(
    code: string,
    message: string,
    options: {
      readonly next: string;
      readonly exitCode?: ExitCode;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.next = options.next;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/** The command was spelt wrongly: exit code 2. */
export const usageError = (message: string, next: string): CliError =>
  new CliError('USAGE', message, { next, exitCode: EXIT.usage });

/** For people, on stderr. */
export function renderError(error: unknown, paint: Paint): string {
  const { message, next, problem } = describe(error);
  const fields = problem?.errors?.map(
    ({ field, problem: what }) => `  ${paint('bold', clean(field))}: ${clean(what)}`,
  );
  return [
    `${paint('red', 'error')} ${message}`,
    ...(fields ?? []),
    ...(next === undefined ? [] : [`${paint('cyan', 'next ')} ${next}`]),
  ].join('\n');
}

/** For machines (`--json`), one JSON document on stderr. */
export const errorJson = (error: unknown): string => JSON.stringify({ error: describe(error) });

interface Description {
  readonly code: string;
  readonly message: string;
  readonly next?: string;
  readonly problem?: Problem;
}

function describe(error: unknown): Description {
  if (error instanceof ProblemError) {
    const { code, problem } = error;
    const next = nextAfter(error);
    return { code, message: clean(problem.detail), problem, ...(next !== undefined && { next }) };
  }
  if (error instanceof ApiUnreachableError) {
    const next =
      'Run `npx signalbox status` to see what is up, `npm start` to start the local cloud.';
    return { code: error.code, message: clean(error.message), next };
  }
  if (error instanceof CliError) {
    return { code: error.code, message: clean(error.message), next: error.next };
  }
  if (error instanceof SignalboxError) return { code: error.code, message: clean(error.message) };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'UNEXPECTED', message: clean(message) };
}

/** What helps after a refusal, where the problem does not say so in the words of the command line. */
function nextAfter({ code, problem }: ProblemError): string | undefined {
  if (problem.status === 401 || problem.status === 403) {
    return 'Sign in to the AWS account of this stage, and check that you may invoke its API.';
  }
  return NEXT[code];
}

const NEXT: Readonly<Record<string, string>> = {
  RUN_UNKNOWN: 'Run `npx signalbox runs list` to see the runs that there are.',
  RUN_GOING_ON: 'Wait for its end (`npx signalbox watch`), or stop it (`npx signalbox runs stop`).',
  RUN_ENDED:
    'Do a part of it anew with `npx signalbox runs fork`, or all of it with `rerun`; agents that react to events begin another run with `events send` without --run.',
  STEP_SUCCEEDED: 'Fork the run from that step with `npx signalbox runs fork`.',
  QUOTA_UNKNOWN: 'Run `npx signalbox quotas list` to see the quotas that there are.',
  DEAD_LETTER_UNKNOWN:
    'Run `npx signalbox dead-letters list` to see the dead letters that there are.',
};
