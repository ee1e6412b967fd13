/**
 * Runs a workflow in process: its synthesised state machine, scripted agents and waits, skipped time, no
 * cloud.
 *
 * Boundary: the state machine is interpreted as Step Functions would (`interpreter/execution.ts`);
 * queues, workers and the ledger are not there: an agent's answer is the step's answer.
 */
import * as z from 'zod/mini';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import {
  type RunEnvelope,
  type TaskMessage,
  TaskMessageSchema,
} from '#runtime/contracts/task-message.ts';
import { DEFAULT_TENANT } from '#runtime/contracts/tenant.ts';
import { failureOf } from '#runtime/core/failure.ts';
import { describeIssues } from '#runtime/core/issues.ts';
import { toJson } from '#runtime/core/json.ts';
import type { System } from '#runtime/ports.ts';
import type { StateMachine, TaskState } from './asl.ts';
import { execute } from './interpreter/execution.ts';
import type { Dispatch, TaskResult } from './interpreter/visit.ts';
import { readStateMachine } from './read-state-machine.ts';
import { endOfWait, type ScriptedWait, unanswered } from './scripted-wait.ts';

export interface AgentCall {
  /** The step's path, `answer`. */
  readonly path: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly run: RunEnvelope;
  /** Virtual, in epoch milliseconds. */
  readonly now: number;
  /** Lets virtual time pass, as the real agent would take it. */
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * What a scripted agent does: returns the step's output, or throws as the agent would
 * (`RetryableError`, `TerminalError`; anything else counts as retryable, as it does in the worker).
 */
export type ScriptedAgent = {
  // A method, so that an agent may declare the input type that its contract promises.
  agent(input: unknown, call: AgentCall): unknown;
}['agent'];

export interface WorkflowRunOptions {
  readonly input: unknown;
  /** By agent name. */
  readonly agents: Readonly<Record<string, ScriptedAgent>>;
  /** By step path: what ends its waits, for events and for people. */
  readonly waits?: Readonly<Record<string, ScriptedWait>>;
  /** Parts of the run's envelope that the test is about. */
  readonly run?: Partial<RunEnvelope>;
  /** In [0, 1), for the jitter of retries. @default - every wait is the longest it can be */
  readonly random?: () => number;
}

/** One attempt of a step. */
export interface StepRun {
  readonly path: string;
  readonly agent: string;
  readonly input: unknown;
  readonly attempt: number;
  /** Milliseconds of virtual time since the run began. */
  readonly atMs: number;
  /** `unanswered`: nobody waited for the answer any more (timeout, failure of a sibling). */
  readonly outcome: TaskResult | { readonly kind: 'unanswered' };
}

export type WorkflowRun = {
  /** Every attempt of every step, in the order in which they began. */
  readonly steps: readonly StepRun[];
  /** As billed: one per state entered, one per retry. */
  readonly transitions: number;
  readonly historyEvents: number;
  /** Virtual. */
  readonly elapsedMs: number;
} & (
  | { readonly status: 'succeeded'; readonly output: unknown }
  | {
      readonly status: 'failed';
      readonly error: { readonly name: string; readonly cause: string };
    }
);

/**
 * @param machine a definition as `JSON.parse` gives it
 * @throws DefinitionError for a machine that the kit does not interpret, a message that no worker
 * would accept, and a step whose agent is not scripted
 */
export async function runWorkflow(
  machine: unknown,
  options: WorkflowRunOptions,
): Promise<WorkflowRun> {
  const definition = readStateMachine(machine);
  const time = new VirtualSystem();
  const startMs = time.now();
  const sb = envelope(startMs, options.run);
  const steps: StepRun[] = [];
  const execution = execute(definition, {
    input: { sb, input: options.input },
    name: `${sb.id}-${sb.gen}`,
    dispatch: scripted(definition, options, time, steps),
    time,
    ...(options.random && { random: options.random }),
  });
  const { transitions, historyEvents, ...end } = await time.run(execution);
  const facts = { steps, transitions, historyEvents, elapsedMs: time.now() - startMs };
  return end.status === 'succeeded'
    ? { ...end, ...facts }
    : { status: 'failed', error: { name: end.error, cause: end.cause }, ...facts };
}

const HOUR_MS = 3_600_000;

const envelope = (startMs: number, given: Partial<RunEnvelope> = {}): RunEnvelope => {
  const id = given.id ?? 'run-1';
  return {
    id,
    root: id,
    gen: 0,
    tenant: DEFAULT_TENANT,
    workflow: 'test',
    defVersion: 'test',
    deadlineAt: new Date(startMs + HOUR_MS).toISOString(),
    traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
    ...given,
  };
};

/** Answers every message by the script of its agent or wait, and keeps a record of it. */
function scripted(
  machine: StateMachine,
  { agents, waits = {} }: Pick<WorkflowRunOptions, 'agents' | 'waits'>,
  time: VirtualSystem,
  steps: StepRun[],
): Dispatch {
  const startMs = time.now();
  return async (body, { now, signal }) => {
    const message = readMessage(body);
    const { path, agent, attempt, kind } = message.step;
    const began = {
      path,
      agent,
      input: message.input,
      attempt: attempt.retry + 1,
      atMs: now - startMs,
    };
    const position = steps.push({ ...began, outcome: { kind: 'unanswered' } }) - 1;
    const outcome = await time.hold((sleep) =>
      kind === 'wait'
        ? endOfWait(waits, message, { now, sleep })
        : perform(
            scriptOf(agents, message),
            message,
            { now, sleep },
            declaredErrors(machine, agent),
          ),
    );
    if (outcome === null) return unanswered(signal);
    if (!signal.aborted) steps[position] = { ...began, outcome };
    return outcome;
  };
}

function scriptOf(
  agents: WorkflowRunOptions['agents'],
  { step: { path, agent } }: TaskMessage,
): ScriptedAgent {
  const script = agents[agent];
  if (script) return script;
  throw new DefinitionError(
    `step "${path}" needs agent "${agent}", which is not scripted; scripted: ${Object.keys(agents).join(', ') || 'none'}. Add it to \`agents\`.`,
  );
}

function readMessage(body: unknown): TaskMessage {
  const parsed = TaskMessageSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new DefinitionError(
    `the machine sends a message that no worker accepts: ${describeIssues(parsed.error.issues)}`,
  );
}

async function perform(
  script: ScriptedAgent,
  { run, step, input }: TaskMessage,
  { now, sleep }: { readonly now: number; readonly sleep: System['sleep'] },
  errorNames: readonly string[],
): Promise<TaskResult> {
  const call = { path: step.path, attempt: step.attempt.retry + 1, run, now, sleep };
  try {
    const output: unknown = JSON.parse(toJson(await script(input, call)));
    return { kind: 'succeeded', output };
  } catch (thrown) {
    const failure = failureOf(thrown, errorNames);
    return { kind: 'failed', error: failure.name, cause: JSON.stringify(failure) };
  }
}

/**
 * The error names that the contract of `agent` declares, as far as the machine tells: the retriers of
 * its steps name them. A step whose agent is no literal may be anybody's.
 */
const declaredErrors = (machine: StateMachine, agent: string): string[] =>
  tasksOf(machine)
    .filter((task) => [agent, undefined].includes(agentOf(task)))
    .flatMap(({ Retry = [] }) => Retry.flatMap(({ ErrorEquals }) => ErrorEquals))
    .filter((name) => !PLATFORM_ERROR.test(name));

/** No contract may declare such a name. */
const PLATFORM_ERROR = /^(Agent|States)\./;

const tasksOf = (machine: StateMachine): TaskState[] =>
  Object.values(machine.States).flatMap((state) => {
    switch (state.Type) {
      case 'Task':
        return [state];
      case 'Map':
        return tasksOf(state.ItemProcessor);
      case 'Parallel':
        return state.Branches.flatMap(tasksOf);
      default:
        return [];
    }
  });

const SendsTask = z.object({
  MessageBody: z.object({ step: z.object({ agent: z.string().check(z.regex(/^[^{]/)) }) }),
});

function agentOf(task: TaskState): string | undefined {
  const sends = z.safeParse(SendsTask, task.Arguments);
  return sends.success ? sends.data.MessageBody.step.agent : undefined;
}
