/**
 * Ends a wait, once, whoever comes to it: a decision, an event, its time, a stop.
 *
 * Order: the outcome on the step's record, with its events; the run's deadline; the events told; the task
 * answered; the wait forgotten. A crash in between leaves the wait open with an outcome on record, and
 * whoever finds it so (a repeat of the request, the router, the reconciler) does the rest.
 * Invariants
 * R3. The first outcome on record is the one that is told and answered, whatever races.
 * R4. The answer follows the events.
 * R5. An outcome that another attempt of the step has recorded is not answered to this one's task.
 */
import type { StepOutcome, StepResult } from '../../contracts/ledger.ts';
import type { TaskMessage } from '../../contracts/task-message.ts';
import type { OpenWait } from '../../contracts/wait.ts';
import { hash } from '../../core/hash.ts';
import { settleUnstarted, type UnstartedEnd } from '../../core/settle-step.ts';
import { decideStep, type StepState } from '../../core/step.ts';
import { waitOpened } from '../../core/wait/wait-events.ts';
import { forgetWait, waitAt } from '../../core/wait/waits.ts';
import { causeOf } from '../answer.ts';
import { whileRecordChanges } from '../api/record-changes.ts';
import { logFields } from '../telemetry.ts';
import type { WaitPorts } from './wait-ports.ts';
import { endWaiting } from './waiting-time.ts';

/** Waits have one contract, the platform's. */
const WAIT_VERSION = 1;

export interface WaitEnd extends Pick<UnstartedEnd, 'reusedFrom' | 'told'> {
  readonly result: StepResult;
}

export interface EndOptions {
  /** False where Step Functions ends the task by itself. @default true */
  readonly isAnswered?: boolean;
}

/**
 * @param end `null`: only what is on record already, or what a fence demands
 * @returns the outcome that counts; `null` when the wait stays open, or belongs to nobody any more
 */
export async function endWait(
  ports: WaitPorts,
  wait: OpenWait,
  end: WaitEnd | null,
  options: EndOptions = {},
): Promise<StepOutcome | null> {
  const { message } = wait;
  const durationMs = Math.max(0, ports.system.now() - Date.parse(wait.openedAt));
  const ended = await whileRecordChanges(message.run.id, async () => {
    const state = await readState(ports, message);
    const decision = decideStep(state);
    switch (decision.kind) {
      case 'answer':
        return decision.outcome;
      case 'settle':
        return settle(ports, state, { result: decision.result, durationMs });
      case 'ack':
      case 'refuse':
        return 'gone';
      default:
        return end === null ? 'open' : settle(ports, state, { ...end, durationMs });
    }
  });
  if (ended === 'open') return null;
  if (ended !== 'gone') await finishWait(ports, message, ended, options);
  else await forget(ports, message);
  return ended === 'gone' ? null : ended;
}

/** What a message's step is decided by. */
export async function readState(
  { steps, system }: Pick<WaitPorts, 'steps' | 'system'>,
  message: TaskMessage,
): Promise<StepState> {
  const { run, step } = message;
  const found = await steps.read({
    steps: [{ run: run.id, path: step.path }],
    runs: [run.root],
  });
  return {
    record: found.steps[0] ?? null,
    run: found.runs[0] ?? null,
    message,
    inputHash: hash(message.input),
    contractVersion: WAIT_VERSION,
    nowMs: system.now(),
  };
}

/** Records an end. @returns `null` when somebody else was faster */
export async function settle(
  { steps }: Pick<WaitPorts, 'steps'>,
  state: StepState,
  { result, ...end }: UnstartedEnd & { readonly result: StepResult },
): Promise<StepOutcome | null> {
  const { record, outcome } = settleUnstarted(state, result, end);
  const put = await steps.put({ record, expectedRev: state.record?.rev ?? null });
  return put.kind === 'written' ? outcome : null;
}

/** Everything that follows from an outcome on record; doing it again changes nothing. */
export async function finishWait(
  ports: WaitPorts,
  message: TaskMessage,
  outcome: StepOutcome,
  { isAnswered = true }: EndOptions = {},
): Promise<void> {
  const { waits, events, telemetry } = ports;
  const record = await waits.read(message.run.id);
  // A wait can end before whoever opened it has told of that (R4); once it is forgotten, it was told.
  const wait = record && waitAt(record, message.step.path);
  if (wait) await endWaiting(ports, wait, outcome.endedAt);
  const told = [...(wait ? waitOpened(wait) : []), ...outcome.events];
  if (told.length > 0) await events.append(told);
  if (isAnswered) await answer(ports, message, outcome.result);
  await forget(ports, message);
  telemetry.log('info', `a wait has ${outcome.result.status}`, logFields(message));
}

async function answer(
  { tasks, telemetry }: WaitPorts,
  message: TaskMessage,
  result: StepResult,
): Promise<void> {
  const { taskToken } = message;
  if (taskToken === undefined) return;
  const answered =
    result.status === 'succeeded'
      ? await tasks.succeed({ taskToken, output: result.output })
      : await tasks.fail({
          taskToken,
          error: result.failure.name,
          cause: causeOf(result.failure),
        });
  if (answered === 'superseded') {
    telemetry.log('info', 'nobody waits for this answer any more', logFields(message));
  }
}

async function forget({ waits }: WaitPorts, message: TaskMessage): Promise<void> {
  await whileRecordChanges(message.run.id, async () => {
    const record = await waits.read(message.run.id);
    const next = record && forgetWait(record, message);
    if (next === null) return 'as it is';
    const put = await waits.put({ record: next, expectedRev: next.rev - 1 });
    return put.kind === 'written' ? 'written' : null;
  });
}
