/**
 * What two runs did differently: a fold over the sets of their events.
 *
 * Boundary: pure. Inputs, prompts and outputs are compared by their hashes: no event carries them.
 * Invariants
 * H1. Any order and any duplication of the events give the same diff (R11).
 * D1. Only what was asked and what was answered makes a difference; how long it took, what it cost and
 *     whose result it was does not.
 * D2. What one of the runs has not told (events of an older release have no hashes) is no difference.
 */
import type {
  CallInDiff,
  Difference,
  Divergence,
  RunDiff,
  RunInDiff,
  StepDiff,
  StepInDiff,
} from '../contracts/api.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import { isTerminal } from '../contracts/status.ts';
import { timesOf } from './attempt-times.ts';
import type { CallHistory } from './call-history.ts';
import { costOf, sumTokens } from './cost.ts';
import { canonicalJson } from './hash.ts';
import { historyOf, type RunHistory, untilOf } from './run-history.ts';
import { endOrNow, runViewOf } from './run-view.ts';
import { type StepHistory, statusOf } from './step-history.ts';

/**
 * `null` while the acceptance of one of them is not among its events.
 * @param sameInput as the ledger knows it; `null` when it does not
 */
export function diffRuns(
  a: readonly SignalboxEvent[],
  b: readonly SignalboxEvent[],
  { sameInput, nowMs }: { readonly sameInput: boolean | null; readonly nowMs: number },
): RunDiff | null {
  const [first, second] = [sideOf(a, nowMs), sideOf(b, nowMs)];
  if (!first || !second) return null;
  const steps = inOrder(first.steps, second.steps).map((path) =>
    stepDiff(path, first.steps.get(path), second.steps.get(path)),
  );
  return {
    a: first.run,
    b: second.run,
    sameInput,
    sameResult: sameResult(first.run, second.run),
    divergence: divergenceOf(steps),
    steps,
  };
}

interface Side {
  readonly run: RunInDiff;
  /** In the order in which the run came to them. */
  readonly steps: ReadonlyMap<string, StepInDiff>;
}

function sideOf(events: readonly SignalboxEvent[], nowMs: number): Side | null {
  const history = historyOf(events);
  const view = runViewOf(events, nowMs);
  if (!history || !view) return null;
  const untilMs = endOrNow(history, nowMs);
  const steps = new Map(history.steps.map((step) => [step.path, stepIn(history, step, untilMs)]));
  const { id, workflow, status, sentence, usd, forkedFrom, output, error } = view;
  const run = {
    id,
    workflow,
    status,
    sentence,
    totalMs: Math.max(0, untilMs - Date.parse(history.newest.acceptedAt)),
    tokens: sumTokens([view.usage]),
    ...(usd !== undefined && { usd }),
    ...(forkedFrom && { forkedFrom }),
    ...(output !== undefined && { output }),
    ...(error && { error }),
  };
  return { run, steps };
}

function stepIn(history: RunHistory, step: StepHistory, untilMs: number): StepInDiff {
  const { attempts, newest, agent } = step;
  const times = attempts.map((one) => timesOf(one, untilOf(history, one.id.gen, untilMs)));
  const { end } = newest;
  const { usage, usd } = costOf(attempts.flatMap(({ calls }) => calls));
  return {
    agent,
    status: statusOf(newest),
    attempts: attempts.length,
    queuedMs: times.reduce((total, { queuedMs }) => total + queuedMs, 0),
    deferredMs: times.reduce((total, { deferredMs }) => total + deferredMs, 0),
    runMs: times.reduce((total, { runMs }) => total + runMs, 0),
    tokens: sumTokens([usage]),
    ...(usd !== undefined && { usd }),
    ...(newest.inputHash !== null && { inputHash: newest.inputHash }),
    ...(end?.outputHash && { outputHash: end.outputHash }),
    ...(end?.reusedFrom && { reusedFrom: end.reusedFrom }),
    ...(end?.failure && { failure: end.failure }),
    calls: newest.calls.map(callIn),
  };
}

const callIn = ({
  call,
  kind,
  status,
  requestHash,
  durationMs,
  usage,
  usd,
}: CallHistory): CallInDiff => ({
  call,
  kind,
  status,
  ...(requestHash !== undefined && { requestHash }),
  ...(durationMs !== undefined && { durationMs }),
  ...(usage && { usage }),
  ...(usd !== undefined && { usd }),
});

/** The paths of both: those of one run alone stand behind what came before them there. */
function inOrder(
  a: ReadonlyMap<string, StepInDiff>,
  b: ReadonlyMap<string, StepInDiff>,
): readonly string[] {
  const paths = [...a.keys()];
  let at = 0;
  for (const path of b.keys()) {
    const known = paths.indexOf(path);
    if (known < 0) paths.splice(at, 0, path);
    at = Math.max(at, (known < 0 ? at : known) + 1);
  }
  return paths;
}

const stepDiff = (
  path: string,
  a: StepInDiff | undefined,
  b: StepInDiff | undefined,
): StepDiff => ({
  path,
  differs: a && b ? differences(a, b) : ['presence'],
  ...(a && { a }),
  ...(b && { b }),
});

function differences(a: StepInDiff, b: StepInDiff): readonly Difference[] {
  const isReused = a.reusedFrom !== undefined || b.reusedFrom !== undefined;
  return [
    ...(differ(a.inputHash, b.inputHash) ? (['input'] as const) : []),
    // Who took over a result asked nothing.
    ...(!isReused && requestsDiffer(a.calls, b.calls) ? (['requests'] as const) : []),
    ...(resultsDiffer(a, b) ? (['result'] as const) : []),
  ];
}

const resultsDiffer = (a: StepInDiff, b: StepInDiff): boolean =>
  a.status !== b.status ||
  differ(a.outputHash, b.outputHash) ||
  differ(a.failure?.code, b.failure?.code);

const requestsDiffer = (a: readonly CallInDiff[], b: readonly CallInDiff[]): boolean =>
  a.length !== b.length ||
  a.some((call, i) => {
    const other = b[i];
    return (
      call.call !== other?.call ||
      call.kind !== other.kind ||
      differ(call.requestHash, other.requestHash)
    );
  });

/** Unless one of them is not known (D2). */
const differ = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a !== b;

function divergenceOf(steps: readonly StepDiff[]): Divergence | null {
  const step = steps.find(({ differs }) => differs.length > 0);
  const first = step?.differs[0];
  return step && first ? { path: step.path, differs: first } : null;
}

function sameResult(a: RunInDiff, b: RunInDiff): boolean | null {
  if (!isTerminal(a.status) || !isTerminal(b.status)) return null;
  if (a.status !== b.status) return false;
  return a.status === 'succeeded'
    ? canonicalJson(a.output ?? null) === canonicalJson(b.output ?? null)
    : a.error?.name === b.error?.name;
}
