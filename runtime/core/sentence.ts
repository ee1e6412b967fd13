/**
 * One plain sentence on how a run goes or went: what a person reads first.
 *
 * Boundary: pure. Facts come from the history; `nowMs` only says how long something lasts already.
 */
import * as z from 'zod/mini';
import type { FailureView, WaitView } from '../contracts/api.ts';
import { durationText } from '../contracts/duration-text.ts';
import { usdText } from '../contracts/money-text.ts';
import { timesOf } from './attempt-times.ts';
import { costOf } from './cost.ts';
import { parseJson } from './parse-json.ts';
import type { RunHistory } from './run-history.ts';
import type { RunEnd } from './run-status.ts';
import type { AttemptHistory, StepHistory } from './step-history.ts';

/** Longest message of somebody else that is repeated. */
const MESSAGE_MAX_LENGTH = 160;
/** Running steps that are named; a wide fan-out has hundreds. */
const MAX_NAMED = 3;

/** @param untilMs now, or the end of a run that has ended */
export function sentenceOf(history: RunHistory, untilMs: number): string {
  const { end, steps, generations } = history;
  const lost = sum(steps, ({ losses }) => losses.length);
  const resumed = generations.length - 1;
  return [
    end ? ended(history, end, untilMs) : going(history, untilMs),
    ...(lost > 0 ? [`a worker was lost ${times(lost)}`] : []),
    ...(resumed > 0 ? [`resumed ${times(resumed)}`] : []),
  ].join('; ');
}

/** Since the newest generation was accepted. */
const ageOf = ({ newest }: RunHistory, untilMs: number): string =>
  durationText(untilMs - Date.parse(newest.acceptedAt));

function ended(history: RunHistory, end: RunEnd, untilMs: number): string {
  if (end.type === 'signalbox.run.succeeded') return succeeded(history, untilMs);
  const { status, steps } = history;
  const total = ageOf(history, untilMs);
  const { error, cause } = end.data;
  const told = failureIn(cause);
  const isOfEnd = (failure: FailureView | null): boolean =>
    failure?.name === error &&
    (told === null || (told.code === failure.code && told.message === failure.message));
  // A step's failure that the workflow caught is not what ended the run: name and cause tell. Of
  // reactions the first that failed ended it, which the cause names.
  const culprit = steps.findLast((step) =>
    told?.path === undefined ? isOfEnd(finalFailure(step)) : step.path === told.path,
  );
  const failure = culprit && finalFailure(culprit);
  if (culprit && failure) {
    return `${status} at ${culprit.path}: ${why(failure, culprit.attempts.length)}`;
  }
  const open = steps.filter((step) => isOpen(step) || isStopped(step)).map(({ path }) => path);
  const where = open.length === 0 ? '' : ` at ${named(open)}`;
  if (told?.code === 'STOPPED') return `${status}${where} after ${total}: ${short(told.message)}`;
  const reason = told ? why(told, 1) : `${error}${cause === '' ? '' : ` (${short(cause)})`}`;
  return `${status}${where} after ${total}: ${reason}`;
}

const ToldFailure = z.object({
  code: z.string(),
  message: z.string(),
  path: z.optional(z.string()),
});

/** The failure that a worker told the workflow, or the router of a reaction, when that is what the run ended with. */
function failureIn(cause: string): z.infer<typeof ToldFailure> | null {
  const parsed = z.safeParse(ToldFailure, parseJson(cause));
  return parsed.success ? parsed.data : null;
}

const finalFailure = ({ newest: { end } }: StepHistory): FailureView | null =>
  end?.isFinal ? end.failure : null;

const isStopped = ({ newest: { end } }: StepHistory): boolean => end?.status === 'stopped';

function why({ code, message }: Pick<FailureView, 'code' | 'message'>, attempts: number): string {
  const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
  return `${code}${tries} (${short(message)})`;
}

/** Of the newest generation; what was done before is only counted. */
function succeeded(history: RunHistory, untilMs: number): string {
  const { steps, gen } = history;
  const attempts = steps.flatMap(({ attempts }) => attempts).filter(({ id }) => id.gen === gen);
  const times = attempts.map((attempt) => timesOf(attempt, untilMs));
  const models = attempts.flatMap(({ calls }) => calls).filter(({ kind }) => kind === 'model');
  const { usd } = costOf(models);
  const effects = steps.flatMap((step) => [...effectsOf(step, gen).values()]);
  const reused = effects.filter(({ reusedFrom }) => reusedFrom !== undefined).length;
  const retries = attempts.filter(({ end }) => end && !end.isFinal).length;
  const sumOf = (some: readonly AttemptHistory[]): number =>
    some.reduce((total, attempt) => total + timesOf(attempt, untilMs).deferredMs, 0);
  const waitedMs = sumOf(attempts.filter(({ wait }) => wait));
  const deferredMs = sumOf(attempts.filter(({ wait }) => !wait));
  const parts = [
    stepsText(history),
    ...(retries > 0 ? [count(retries, 'retry', 'retries')] : []),
    ...(models.length > 0
      ? [`${count(models.length, 'model call')}${usd === undefined ? '' : ` (${usdText(usd)})`}`]
      : []),
    ...(effects.length > 0
      ? [`${count(effects.length, 'effect')}${reused > 0 ? ` (${reused} reused)` : ''}`]
      : []),
    `${durationText(times.reduce((total, { queuedMs }) => total + queuedMs, 0))} waiting in queues`,
    ...(deferredMs > 0 ? [`${durationText(deferredMs)} put off`] : []),
    ...(waitedMs > 0 ? [`${durationText(waitedMs)} waiting for events and people`] : []),
  ];
  return `succeeded in ${ageOf(history, untilMs)}: ${parts.join(', ')}`;
}

/** `4 steps (2 reused, 1 failed)` */
function stepsText({ steps, gen }: RunHistory): string {
  const number = (is: (step: StepHistory) => boolean, word: string): string[] => {
    const n = steps.filter(is).length;
    return n > 0 ? [`${n} ${word}`] : [];
  };
  const kinds = [
    ...number(({ newest }) => newest.id.gen < gen, 'from before'),
    ...number(({ newest }) => Boolean(newest.end?.reusedFrom), 'reused'),
    ...number((step) => finalFailure(step) !== null, 'failed'),
  ];
  return `${count(steps.length, 'step')}${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`;
}

/** By name: an effect that was begun twice, because its first worker was lost, is one effect. */
const effectsOf = (
  { attempts }: StepHistory,
  gen: number,
): ReadonlyMap<string, AttemptHistory['calls'][number]> =>
  new Map(
    attempts
      .filter(({ id }) => id.gen === gen)
      .flatMap(({ calls }) => calls)
      .flatMap((call) =>
        call.kind === 'effect' && call.status === 'succeeded' ? [[call.call, call] as const] : [],
      ),
  );

function going(history: RunHistory, untilMs: number): string {
  const { status, steps, gen, isReactive } = history;
  const age = ageOf(history, untilMs);
  if (status === 'accepted') return `accepted ${age} ago: not begun yet`;
  const open = steps
    .filter((step) => isOpen(step) && step.newest.id.gen === gen)
    .map((step) => now(step, untilMs));
  if (open.length > 0) return `${status}: ${named(open)}`;
  const last = steps.at(-1);
  if (!last) return `${status} for ${age}: no step has begun`;
  // A reaction that was sent and whose agent has not received it yet is known to the router only.
  const since = isReactive ? 'nothing has begun since' : 'between steps, after';
  return `${status} for ${age}: ${since} ${last.path}`;
}

const isOpen = ({ newest }: StepHistory): boolean => !newest.end?.isFinal;

function now({ path, newest }: StepHistory, untilMs: number): string {
  if (newest.wait && !newest.end) return waiting(path, newest.wait.view);
  const { startedAtMs, queuedMs, runMs } = timesOf(newest, untilMs);
  if (newest.end?.failure) {
    return `${path} failed with ${newest.end.failure.code} and will be tried again`;
  }
  const attempt = newest.number > 1 ? `${path}, attempt ${newest.number},` : path;
  if (startedAtMs === null) return `${attempt} waiting in its queue for ${durationText(queuedMs)}`;
  const putOff = newest.deferrals.at(-1);
  return putOff?.untilMs === null
    ? `${attempt} put off for ${durationText(untilMs - putOff.fromMs)} so far`
    : `${attempt} for ${durationText(runMs)}`;
}

/** `publish waits for approval of 'Publish this report?' until …` */
const waiting = (path: string, view: WaitView): string =>
  view.for === 'event'
    ? `${path} waits for ${view.event} until ${view.until}`
    : `${path} waits for approval of '${short(view.title)}' until ${view.until}`;

function named(names: readonly string[]): string {
  const rest = names.length - MAX_NAMED;
  return rest > 0 ? `${names.slice(0, MAX_NAMED).join(', ')} and ${rest} more` : names.join(', ');
}

const sum = (steps: readonly StepHistory[], of: (attempt: AttemptHistory) => number): number =>
  steps.flatMap(({ attempts }) => attempts).reduce((total, attempt) => total + of(attempt), 0);

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

const times = (n: number): string => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`);

const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MESSAGE_MAX_LENGTH ? `${line.slice(0, MESSAGE_MAX_LENGTH - 1)}…` : line;
};
