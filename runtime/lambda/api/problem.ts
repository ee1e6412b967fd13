/**
 * Refusals of the API, as RFC 9457 problem details.
 *
 * Rule: one slug per thing that the caller can do about it; the table is the documentation's source.
 */
import { FRONT_DOOR, PLACE_HEADER } from '../../contracts/admission.ts';
import type { FieldProblem, Overload, Problem } from '../../contracts/api.ts';
import { SignalboxError } from '../../contracts/errors.ts';

const PROBLEMS = {
  'body-invalid': { status: 400, title: 'The body is not JSON' },
  'input-invalid': { status: 400, title: 'The input is not what the workflow takes' },
  'request-invalid': { status: 400, title: 'The body is not what the route takes' },
  'header-invalid': { status: 400, title: 'A header has a value that it cannot have' },
  'parameter-invalid': { status: 400, title: 'A parameter has a value that it cannot have' },
  'event-type-unknown': { status: 400, title: 'No such event' },
  'event-type-reserved': { status: 400, title: "The event is the platform's own" },
  'event-data-invalid': { status: 400, title: 'The data are not what the event carries' },
  'subscriptions-ambiguous': { status: 400, title: 'Several subscriptions take the event' },
  'subscriptions-unknown': { status: 400, title: 'No such subscriptions' },
  'rule-unknown': { status: 400, title: 'No such rule' },
  'workflow-unknown': { status: 404, title: 'No such workflow' },
  'run-unknown': { status: 404, title: 'No such run' },
  'payload-unknown': { status: 404, title: 'No such payload' },
  'dead-letter-unknown': { status: 404, title: 'No such dead letter' },
  'approval-unknown': { status: 404, title: 'No such approval' },
  'quota-unknown': { status: 404, title: 'No such quota' },
  'consumer-unknown': { status: 404, title: 'No such consumer' },
  'replay-unknown': { status: 404, title: 'No such replay' },
  'not-found': { status: 404, title: 'No such route' },
  'method-not-allowed': { status: 405, title: 'The route has no such method' },
  'idempotency-conflict': { status: 409, title: 'The key belongs to another request' },
  'run-going-on': { status: 409, title: 'The run goes on' },
  'run-ended': { status: 409, title: 'The run has ended' },
  'run-reactive': { status: 409, title: 'The run reacts to events' },
  'approval-decided': { status: 409, title: 'The approval has been decided' },
  'approval-expired': { status: 409, title: 'The decision comes too late' },
  'dead-letter-no-step': { status: 409, title: 'The dead letter is of no step' },
  'dead-letter-of-reaction': { status: 409, title: 'The reaction cannot be sent again like this' },
  'dead-letter-redriven': { status: 409, title: 'The run has gone on since' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'content-type-unsupported': { status: 415, title: 'The body must be JSON' },
  'answer-too-large': { status: 422, title: 'The answer is too large' },
  'step-unknown': { status: 422, title: 'The run has not come to such a step' },
  'step-succeeded': { status: 422, title: 'A recorded success never changes' },
  overloaded: { status: 429, title: 'The line is full' },
  internal: { status: 500, title: 'Something went wrong here' },
  busy: { status: 503, title: 'A service behind is busy' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

type ProblemSlug = keyof typeof PROBLEMS;

/** Thrown by whatever finds a request wrong; the router answers it. */
export class RequestRefusedError extends SignalboxError {
  override readonly name = 'RequestRefusedError';
  readonly code = 'REQUEST_REFUSED';
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail what was wrong, what was got, what is allowed, what to do */
  constructor(
    slug: ProblemSlug,
    detail: string,
    more: {
      readonly errors?: readonly FieldProblem[];
      readonly overload?: Overload;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
    this.problem = problemOf(slug, detail, more);
    this.headers = more.headers ?? {};
  }
}

export const problemOf = (
  slug: ProblemSlug,
  detail: string,
  { errors, overload }: Pick<Problem, 'errors' | 'overload'> = {},
): Problem => ({
  type: `https://signalbox.dev/problems/${slug}`,
  ...PROBLEMS[slug],
  detail,
  ...(errors && { errors }),
  ...(overload && { overload }),
});

/** What a caller sent, short enough and safe to be repeated to them. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** What was found of a run. @throws RequestRefusedError when that is nothing. */
export function known<T>(found: T | null, run: string): T {
  if (found === null) throw unknownRun(run);
  return found;
}

export const unknownRun = (run: string): RequestRefusedError =>
  new RequestRefusedError(
    'run-unknown',
    `There is no run ${quoted(run)}; GET /runs lists the runs that there are.`,
  );

/** A start for which the line is too long. */
export function overloaded(overload: Overload): RequestRefusedError {
  const { retryAfterSeconds, place } = overload;
  const what = whatIsFull(overload);
  const next =
    place === undefined
      ? `There is no place to keep: try again in ${retryAfterSeconds} s.`
      : `Its place is kept: send the same request again in ${retryAfterSeconds} s with the header ${PLACE_HEADER}, as overload.place gives it.`;
  return new RequestRefusedError('overloaded', `${what} ${next}`, {
    overload,
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

function whatIsFull({ stage, predictedWaitSeconds, maxQueueSeconds }: Overload): string {
  if (stage === FRONT_DOOR) return 'More starts of the workflow come at once than can be counted.';
  const wait = `Work waits ${predictedWaitSeconds} s at ${stage}`;
  return predictedWaitSeconds > maxQueueSeconds
    ? `${wait}; a run is let in with at most ${maxQueueSeconds} s.`
    : `${wait}, and runs that were sent away before go first.`;
}
