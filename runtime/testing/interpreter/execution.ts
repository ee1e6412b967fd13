/**
 * Interprets a state machine in process.
 *
 * Job: the semantics of the States Language that our constructs rely on, driven by whatever clock,
 * dispatch and randomness it is given; the test kit and the simulation share it.
 * Boundary: knows no agents and no cloud.
 *
 * Invariants
 * I1. A state's expressions see the variables as they were at its entry; what it assigns is visible
 *     from the next state on, and what an item or branch assigns ends with it.
 * I2. An expression that finds nothing fails its state with `States.QueryEvaluationError`.
 * I3. Every attempt of a task has a token of its own, and is answered once.
 * I4. Nothing but the clock, the randomness and the answers decides what happens.
 */
import type { State, StateMachine } from '../asl.ts';
import { choose } from './choice.ts';
import { evaluate } from './evaluate.ts';
import { attemptMap, attemptParallel, type RunInside } from './fan-out.ts';
import { withRecovery } from './recover.ts';
import { StateError } from './state-error.ts';
import { attemptTask } from './task.ts';
import { bindingsOf, type Departure, depart, type Visit, type World } from './visit.ts';

export interface ExecutionOptions extends Pick<World, 'dispatch' | 'time'> {
  /** The execution's whole input, `{ sb, input }` for a workflow. */
  readonly input: unknown;
  /** @default 'execution' */
  readonly name?: string;
  /** In [0, 1), for jitter. @default - every wait is the longest it can be */
  readonly random?: () => number;
  /** Aborts when the execution is stopped from outside. @default - never */
  readonly signal?: AbortSignal;
}

export type ExecutionResult = {
  /** State transitions, as billed: one per state entered, one per retry. */
  readonly transitions: number;
  /** Events in the execution's history, of which AWS allows 25,000. */
  readonly historyEvents: number;
} & (
  | { readonly status: 'succeeded'; readonly output: unknown }
  | { readonly status: 'failed'; readonly error: string; readonly cause: string }
);

/** Runs an execution to its end. Rejects only with what `dispatch` throws, or with the signal's reason. */
export async function execute(
  machine: StateMachine,
  { input, dispatch, time, random = () => 1, name = 'execution', signal }: ExecutionOptions,
): Promise<ExecutionResult> {
  const meter = { transitions: 0, historyEvents: 2, tokens: 0 }; // ExecutionStarted and its end
  const execution = {
    Id: `arn:aws:states:us-east-1:000000000000:execution:test:${name}`,
    Name: name,
    Input: input,
    StartTime: new Date(time.now()).toISOString(),
    RedriveCount: 0,
  };
  const stopped = signal ?? new AbortController().signal;
  const world: World = { execution, dispatch, time, random, meter, signal: stopped };
  try {
    const output = await runStates(machine, { input, variables: {}, world });
    return { status: 'succeeded', output, ...counts(meter) };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return { status: 'failed', error: error.error, cause: error.cause, ...counts(meter) };
  }
}

const counts = ({ transitions, historyEvents }: World['meter']) => ({ transitions, historyEvents });

const runStates: RunInside = async (machine, entry) => {
  const { world } = entry;
  let { input, variables } = entry;
  let name: string | null = machine.StartAt;
  while (name !== null) {
    world.signal.throwIfAborted();
    const state: State | undefined = machine.States[name];
    if (!state) throw new StateError('States.Runtime', `there is no state "${name}"`);
    const enteredAt = new Date(world.time.now()).toISOString();
    world.meter.transitions += 1;
    world.meter.historyEvents += state.Type === 'Fail' ? 1 : 2; // StateEntered, StateExited
    const departure = await visit(state, { name, input, variables, enteredAt, world });
    input = departure.output;
    variables = { ...variables, ...departure.assigned };
    name = departure.next;
  }
  return input;
};

async function visit(state: State, at: Visit): Promise<Departure> {
  switch (state.Type) {
    case 'Task':
      return withRecovery(at, state, (retryCount) => attemptTask(at, state, retryCount));
    case 'Map':
      return withRecovery(at, state, (retryCount) => attemptMap(at, state, retryCount, runStates));
    case 'Parallel':
      return withRecovery(at, state, (retryCount) =>
        attemptParallel(at, state, retryCount, runStates),
      );
    case 'Choice':
      return choose(at, state);
    case 'Pass':
      return depart(state, bindingsOf(at), at.input, state.Next);
    case 'Succeed':
      return depart(state, bindingsOf(at), at.input, undefined);
    case 'Wait':
      await at.world.time.sleep(await waitMs(state, at), at.world.signal);
      return depart(state, bindingsOf(at), at.input, state.Next);
    case 'Fail': {
      const [error, cause] = await Promise.all([
        evaluate(state.Error ?? '', bindingsOf(at)),
        evaluate(state.Cause ?? '', bindingsOf(at)),
      ]);
      throw new StateError(String(error), String(cause));
    }
  }
}

async function waitMs(
  { Seconds, Timestamp }: Extract<State, { Type: 'Wait' }>,
  at: Visit,
): Promise<number> {
  if (Timestamp === undefined) return Number(await evaluate(Seconds ?? 0, bindingsOf(at))) * 1000;
  const until = Date.parse(String(await evaluate(Timestamp, bindingsOf(at))));
  return Math.max(0, until - at.world.time.now());
}
