import { agentSettings } from '../contracts/agent.ts';
import type { StepResult } from '../contracts/ledger.ts';
import type { ClaimCheck } from '../core/claim-check.ts';
import { type Postponed, postponement } from '../core/defer-step.ts';
import { failed, failureOf } from '../core/failure.ts';
import type { HardStop } from '../core/hard-stop.ts';
import type { AgentCode } from './agent-code.ts';
import { LedgerContext } from './agent-context.ts';
import type { Attempt } from './attempt.ts';
import { FenceClosedError, LeaseLostError } from './attempt-errors.ts';
import { logFields } from './telemetry.ts';

/** How an attempt ended: with a result to record, with something that says when to go on, or because the step is another's. */
export type AttemptEnd = StepResult | Postponed | 'lost';

/**
 * Runs the agent's code until it ends or must end, and keeps what its output refers to.
 * @throws whatever the store of payloads throws: the attempt goes on at the next delivery
 */
export async function runAttempt(
  code: AgentCode,
  attempt: Attempt,
  stop: HardStop,
): Promise<AttemptEnd> {
  const end = await runCode(code, attempt, stop);
  if (end === 'lost' || end.status !== 'succeeded') return end;
  await attempt.parts.payloads.keep(end.output.payloads);
  return { status: 'succeeded', output: end.output.value };
}

/** A success whose output has not been kept yet. */
type CodeEnd =
  | Exclude<AttemptEnd, { readonly status: 'succeeded' }>
  | { readonly status: 'succeeded'; readonly output: ClaimCheck };

/**
 * Code that ignores its signal is left behind: it can no longer begin a call, and what it still writes
 * is fenced off (R5).
 */
async function runCode(code: AgentCode, attempt: Attempt, stop: HardStop): Promise<CodeEnd> {
  const { message, input, system } = attempt.parts;
  const ended = new AbortController();
  const stopping = system.sleep(stop.atMs - system.now(), ended.signal).then(() => {
    if (!ended.signal.aborted) attempt.abort(stop.reason);
  });
  try {
    // A fence may have closed since the decision to start.
    attempt.signal.throwIfAborted();
    const work = code.execute(input, new LedgerContext(attempt), message.step.inlineBytes);
    return { status: 'succeeded', output: await untilAborted(attempt.signal, work) };
  } catch (thrown) {
    // What a handler throws because of the signal says less than the signal's own reason.
    const cause: unknown = attempt.signal.aborted ? attempt.signal.reason : thrown;
    if (cause instanceof LeaseLostError) return 'lost';
    if (cause instanceof FenceClosedError) return failed(cause.failure);
    const failure = failureOf(cause, agentSettings(code.contract).errors);
    if (failure.code === 'UNHANDLED') logUnhandled(attempt, cause);
    const postponed = postponement(cause);
    return postponed ? { status: 'postponed', failure, ...postponed } : failed(failure);
  } finally {
    ended.abort();
    await stopping;
    await attempt.end();
  }
}

/** Its stack and nothing else of it: errors of HTTP clients carry requests, and with them secrets. */
function logUnhandled({ parts: { telemetry, message } }: Attempt, thrown: unknown): void {
  telemetry.log('error', "the agent's code threw an error that it did not classify", {
    ...logFields(message),
    ...(thrown instanceof Error && thrown.stack !== undefined && { stack: thrown.stack }),
  });
}

/** The work's result, or the signal's reason as soon as it aborts. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
