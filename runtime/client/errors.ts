import type { Problem } from '../contracts/api.ts';
import { SignalboxError } from '../contracts/errors.ts';

/** The API said no; what was wrong and what is allowed is in `problem`. */
export class ProblemError extends SignalboxError {
  override readonly name = 'ProblemError';
  /** The problem's slug in capitals, `WORKFLOW_UNKNOWN`; `HTTP_403` where somebody before the API said no. */
  readonly code: string;
  readonly problem: Problem;

  constructor(problem: Problem) {
    const fields = (problem.errors ?? []).map(({ field, problem: what }) => `${field}: ${what}`);
    super([problem.detail, ...fields].join('\n'));
    this.problem = problem;
    const slug = /\/problems\/([a-z0-9-]+)$/.exec(problem.type)?.[1];
    this.code = slug?.replaceAll('-', '_').toUpperCase() ?? `HTTP_${problem.status}`;
  }
}

/** No answer could be had from the API, or one that is not its own. */
export class ApiUnreachableError extends SignalboxError {
  override readonly name = 'ApiUnreachableError';
  readonly code = 'API_UNREACHABLE';
}
