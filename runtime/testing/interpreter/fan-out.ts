import type { MapState, ParallelState, StateMachine } from '../asl.ts';
import { evaluate } from './evaluate.ts';
import { StateError } from './state-error.ts';
import {
  bindingsOf,
  type Departure,
  depart,
  type Variables,
  type Visit,
  type World,
} from './visit.ts';

/** Most iterations of an inline Map at once, whatever MaxConcurrency says. */
const MAX_CONCURRENCY = 40;

/** Runs a machine inside a state; what it assigns ends with it. */
export type RunInside = (
  machine: StateMachine,
  entry: { readonly input: unknown; readonly variables: Variables; readonly world: World },
) => Promise<unknown>;

/**
 * One attempt of an inline Map: its results in the order of the items.
 * @throws StateError of the first item that failed; the others are given up
 */
export async function attemptMap(
  visit: Visit,
  state: MapState,
  retryCount: number,
  runInside: RunInside,
): Promise<Departure> {
  const before = bindingsOf(visit, { retryCount });
  const items = state.Items === undefined ? visit.input : await evaluate(state.Items, before);
  if (!Array.isArray(items)) {
    throw new StateError(
      'States.QueryEvaluationError',
      `the items of "${visit.name}" are ${JSON.stringify(items)}; allowed: a list`,
    );
  }
  visit.world.meter.historyEvents += 2; // MapStateStarted, MapStateSucceeded or -Failed
  const { variables } = visit;
  const jobs = items.map((value: unknown, index) => async (world: World): Promise<unknown> => {
    world.meter.historyEvents += 2; // MapIterationStarted, MapIterationSucceeded or -Failed
    const context = { Map: { Item: { Index: index, Value: value } } };
    const input =
      state.ItemSelector === undefined
        ? value
        : await evaluate(state.ItemSelector, bindingsOf(visit, { retryCount, context }));
    return runInside(state.ItemProcessor, { input, variables, world });
  });
  const limit = Math.min(state.MaxConcurrency || MAX_CONCURRENCY, MAX_CONCURRENCY);
  const result = await allOrNone(visit.world, jobs, limit);
  const after = bindingsOf(visit, { retryCount, states: { result } });
  return depart(state, after, result, state.Next);
}

/** One attempt of a Parallel: its results in the order of the branches. */
export async function attemptParallel(
  visit: Visit,
  state: ParallelState,
  retryCount: number,
  runInside: RunInside,
): Promise<Departure> {
  visit.world.meter.historyEvents += 2; // ParallelStateStarted, ParallelStateSucceeded or -Failed
  const { input, variables } = visit;
  const jobs = state.Branches.map(
    (branch) => (world: World) => runInside(branch, { input, variables, world }),
  );
  const result = await allOrNone(visit.world, jobs, jobs.length);
  const after = bindingsOf(visit, { retryCount, states: { result } });
  return depart(state, after, result, state.Next);
}

/** All results in order, `limit` at a time; the first failure aborts the rest. */
async function allOrNone(
  world: World,
  jobs: readonly ((world: World) => Promise<unknown>)[],
  limit: number,
): Promise<unknown[]> {
  const failed = new AbortController();
  const inside: World = { ...world, signal: AbortSignal.any([world.signal, failed.signal]) };
  const results: unknown[] = jobs.map(() => null);
  const waiting = jobs.entries();
  const work = async (): Promise<void> => {
    for (const [index, job] of waiting) {
      inside.signal.throwIfAborted();
      results[index] = await job(inside);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(limit, jobs.length) }, work));
    return results;
  } catch (error) {
    failed.abort();
    throw error;
  }
}
