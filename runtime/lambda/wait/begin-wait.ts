/**
 * A wait's message: from its queue into the ledger, where it stays until somebody ends the wait.
 *
 * Order: the wait on record, the run's deadline, the entries that have it looked after when its time is over,
 * the events; then what came before it. A delivery that crashed is followed by another, which does all of
 * it again and changes nothing.
 * Invariants
 * R3. What the step's record says comes first, as at every door (`core/step.ts`): a recorded answer stays,
 *     also over generations; a stopped or superseded run waits for nobody.
 * W4. A fork asks people anew, and takes over the events that its origin was waiting for.
 */
import type { StepOutcome } from '../../contracts/ledger.ts';
import { attemptOf, type TaskMessage } from '../../contracts/task-message.ts';
import { type OpenWait, type WaitInput, WaitInputSchema } from '../../contracts/wait.ts';
import { compareAttempts } from '../../core/attempt.ts';
import { failed, failure } from '../../core/failure.ts';
import { describeIssues } from '../../core/issues.ts';
import { TooLargeError } from '../../core/limits.ts';
import { withPatchedInput } from '../../core/patched-input.ts';
import { originOf, reusedResult } from '../../core/reuse-outcome.ts';
import { decideStep, type StepState } from '../../core/step.ts';
import { waitOpened } from '../../core/wait/wait-events.ts';
import { openWait, waitAt } from '../../core/wait/waits.ts';
import type { DueRuns } from '../../ports.ts';
import { causeOf } from '../answer.ts';
import { whileRecordChanges } from '../api/record-changes.ts';
import { logFields } from '../telemetry.ts';
import { finishWait, readState, settle } from './end-wait.ts';
import { looksAtMs } from './look-after-waits.ts';
import { resumeWaits } from './resume-waits.ts';
import type { WaitPorts } from './wait-ports.ts';
import { beginWaiting } from './waiting-time.ts';

export interface BeginPorts extends WaitPorts {
  readonly dueRuns: Pick<DueRuns, 'put'>;
}

/** Resolves when the message may be forgotten: the wait is open, or answered. */
export async function beginWait(ports: BeginPorts, received: TaskMessage): Promise<void> {
  const begun = await whileRecordChanges(received.run.id, () => begin(ports, received));
  if (begun !== 'done') await finishWait(ports, begun.message, begun.outcome);
}

/** True once the message's wait is on record, or a newer attempt's. */
export async function isBegun(
  { waits }: Pick<BeginPorts, 'waits'>,
  message: TaskMessage,
): Promise<boolean> {
  const record = await waits.read(message.run.id);
  const wait = record && waitAt(record, message.step.path);
  return wait !== null && compareAttempts(attemptOf(wait.message), attemptOf(message)) >= 0;
}

interface Ended {
  readonly message: TaskMessage;
  readonly outcome: StepOutcome;
}

/** @returns `null` when somebody else was faster */
async function begin(ports: BeginPorts, received: TaskMessage): Promise<Ended | 'done' | null> {
  const { runs } = await ports.steps.read({ steps: [], runs: [received.run.root] });
  const message = withPatchedInput(received, runs[0] ?? null);
  const state = await readState(ports, message);
  const decision = decideStep(state);
  const ended = async (outcome: Promise<StepOutcome | null> | StepOutcome) => {
    const known = await outcome;
    return known && { message, outcome: known };
  };
  switch (decision.kind) {
    case 'ack':
      return 'done';
    case 'answer':
      return ended(decision.outcome);
    case 'refuse':
      return refuse(ports, message, decision.failure);
    case 'settle':
      return ended(settle(ports, state, { result: decision.result }));
    default: {
      const input = WaitInputSchema.safeParse(message.input);
      if (!input.success) {
        const problem = `a wait cannot be made of its input: ${describeIssues(input.error.issues)}`;
        return ended(settle(ports, state, { result: failed(failure('INPUT_INVALID', problem)) }));
      }
      const reuse = input.data.for === 'event' ? await findReuse(ports, state) : null;
      if (reuse) return ended(settle(ports, state, reuse));
      return open(ports, state, input.data);
    }
  }
}

async function open(
  ports: BeginPorts,
  state: StepState,
  input: WaitInput,
): Promise<Ended | 'done' | null> {
  const { waits, system } = ports;
  const { message } = state;
  const record = await waits.read(message.run.id);
  const opening = openWait(record, message, input, system.now());
  if (opening.kind === 'late') return 'done';
  if (opening.kind === 'open') {
    try {
      const put = await waits.put({ record: opening.record, expectedRev: record?.rev ?? null });
      if (put.kind === 'conflict') return null;
    } catch (error) {
      if (!(error instanceof TooLargeError)) throw error;
      const result = failed(failure('INPUT_INVALID', `the wait cannot be kept: ${error.message}`));
      const outcome = await settle(ports, state, { result });
      return outcome && { message, outcome };
    }
  }
  await announce(ports, opening.wait);
  if (input.for === 'event') await takeEarlier(ports, message.run.id, input.event);
  return 'done';
}

async function announce(ports: BeginPorts, wait: OpenWait): Promise<void> {
  const { dueRuns, events, telemetry } = ports;
  await beginWaiting(ports, wait);
  for (const dueAtMs of looksAtMs(wait)) await dueRuns.put({ run: wait.message.run.id, dueAtMs });
  await events.append(waitOpened(wait));
  telemetry.log('info', 'a step waits', { ...logFields(wait.message), until: wait.until });
}

/** What came while nobody waited: the router has found no wait for it. */
async function takeEarlier(ports: BeginPorts, run: string, type: string): Promise<void> {
  for (const event of await ports.inbox.list(run)) {
    if (event.type === type) await resumeWaits(ports, event);
  }
}

async function refuse(
  { tasks, telemetry }: BeginPorts,
  message: TaskMessage,
  refused: Parameters<typeof causeOf>[0],
): Promise<'done'> {
  telemetry.log('error', refused.message, { ...logFields(message), code: refused.code });
  const { taskToken } = message;
  if (taskToken !== undefined) {
    await tasks.fail({ taskToken, error: refused.name, cause: causeOf(refused) });
  }
  return 'done';
}

/** What a fork takes over from its origin: an event that came there does not come here. */
async function findReuse({ steps }: BeginPorts, state: StepState) {
  const origin = originOf(state);
  if (origin === null) return null;
  const { path } = state.message.step;
  const { steps: found } = await steps.read({ steps: [{ run: origin.run, path }], runs: [] });
  return reusedResult(state, found[0] ?? null);
}
