import { DefinitionError } from '#runtime/contracts/errors.ts';
import type { TaskState } from '../asl.ts';
import { evaluate } from './evaluate.ts';
import { StateError } from './state-error.ts';
import {
  bindingsOf,
  type Departure,
  depart,
  refuseTooLarge,
  type TaskResult,
  type Visit,
} from './visit.ts';

/** Step Functions' own, about three years. */
const DEFAULT_TIMEOUT_SECONDS = 99_999_999;

/** Scheduled, started, submitted, and how it ended. */
const EVENTS_PER_ATTEMPT = 4;

/**
 * One attempt of a task that waits for its token.
 * @throws StateError the answer's error, `States.Timeout` or `States.QueryEvaluationError`
 */
export async function attemptTask(
  visit: Visit,
  state: TaskState,
  retryCount: number,
): Promise<Departure> {
  const { meter } = visit.world;
  meter.tokens += 1;
  const taskToken = `task-token-${meter.tokens}`;
  const context = { Task: { Token: taskToken } };
  const before = bindingsOf(visit, { context, retryCount });
  const sent = await evaluate(state.Arguments, before);
  refuseTooLarge('the arguments', sent);
  const timeoutSeconds = await evaluate(state.TimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS, before);
  meter.historyEvents += EVENTS_PER_ATTEMPT;
  const result = await answered(
    visit,
    { message: messageIn(visit.name, sent), taskToken },
    Number(timeoutSeconds),
  );
  if (result.kind === 'failed') throw new StateError(result.error, result.cause);
  refuseTooLarge("the task's result", result.output);
  const after = bindingsOf(visit, { context, retryCount, states: { result: result.output } });
  return depart(state, after, result.output, state.Next);
}

/** Waits for the answer, at most as long as the state allows. */
async function answered(
  { name, world }: Visit,
  task: { readonly message: unknown; readonly taskToken: string },
  timeoutSeconds: number,
): Promise<TaskResult> {
  const { time, dispatch, signal } = world;
  const closed = new AbortController();
  const over = AbortSignal.any([signal, closed.signal]);
  const timeout = async (): Promise<TaskResult> => {
    await time.sleep(timeoutSeconds * 1000, over);
    const cause = `no answer within ${timeoutSeconds} s in state "${name}"`;
    return { kind: 'failed', error: 'States.Timeout', cause };
  };
  try {
    const { message, taskToken } = task;
    const attempt = { now: time.now(), taskToken, signal: over };
    const result = await Promise.race([dispatch(message, attempt), timeout()]);
    signal.throwIfAborted();
    return result;
  } finally {
    closed.abort();
  }
}

/** The body as it will be received: `undefined` members are gone, the copy is the receiver's own. */
function messageIn(state: string, sent: unknown): unknown {
  const body =
    typeof sent === 'object' && sent !== null ? Reflect.get(sent, 'MessageBody') : undefined;
  if (body === undefined) {
    throw new DefinitionError(
      `state "${state}" sends ${JSON.stringify(sent)}; allowed: Arguments with a MessageBody.`,
    );
  }
  return structuredClone(body);
}
