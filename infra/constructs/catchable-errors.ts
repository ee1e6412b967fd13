/**
 * Which errors of an agent step a workflow may catch.
 *
 * Invariants
 * C1. What ends a run is never caught: a run that was stopped starts no further step.
 * C2. The end of a run's time or money is caught only by an author who names it.
 */
import { type AgentContract, agentSettings } from '#runtime/contracts/agent.ts';
import {
  DefinitionError,
  ERROR_TABLE,
  RETRYABLE_ERROR_NAME,
  TERMINAL_ERROR_NAMES,
} from '#runtime/contracts/errors.ts';

/** Nothing can follow these: the run is over, or another attempt has taken the place of this one. */
const UNCATCHABLE: readonly string[] = [
  ERROR_TABLE.STOPPED.boundary,
  ERROR_TABLE.SUPERSEDED.boundary,
];
/** Names of Step Functions that stand for all others, so also for those above. */
const WIDE: readonly string[] = ['States.ALL', 'States.TaskFailed'];
const ONLY_BY_NAME: readonly string[] = [
  ERROR_TABLE.DEADLINE_EXCEEDED.boundary,
  ERROR_TABLE.BUDGET_EXHAUSTED.boundary,
  // The state's own timeout is the workflow's deadline.
  'States.Timeout',
];
const QUERY_FAILED = 'States.QueryEvaluationError';

/** What a Catch around agent steps must not name. */
export const isTooWide = (name: string): boolean =>
  WIDE.includes(name) || UNCATCHABLE.includes(name);

/** What `addCatch` without names catches: all that says something about the work of this step. */
export const caughtByDefault = (agent: AgentContract): string[] => [
  ...[RETRYABLE_ERROR_NAME, ...TERMINAL_ERROR_NAMES].filter(
    (name) => !UNCATCHABLE.includes(name) && !ONLY_BY_NAME.includes(name),
  ),
  QUERY_FAILED,
  ...agentSettings(agent).errors,
];

/**
 * The names that a catch of a step lists.
 * @throws DefinitionError for a name that no attempt of this agent ends with, or that must not be caught.
 */
export function checkedCatch(
  step: string,
  agent: AgentContract,
  names: readonly string[],
): string[] {
  const allowed = [...caughtByDefault(agent), ...ONLY_BY_NAME];
  const wrong = names.find((name) => !allowed.includes(name));
  if (wrong === undefined && names.length > 0) return [...names];
  throw new DefinitionError(
    `step "${step}" catches ${wrong === undefined ? 'no error' : `"${wrong}"${reason(wrong)}`}; ` +
      `allowed: ${allowed.join(', ')}. ${remedy(wrong)}`,
  );
}

function reason(name: string): string {
  if (WIDE.includes(name)) return ', which holds the stop and the deadline of the run as well';
  if (UNCATCHABLE.includes(name)) return ', after which the run has nothing left to do';
  return ', which no attempt of its agent ends with';
}

const remedy = (name: string | undefined): string =>
  name === undefined || WIDE.includes(name)
    ? 'Leave `errors` out to catch all that concerns the step alone.'
    : "Correct the name, or declare it in the contract's `errors`.";
