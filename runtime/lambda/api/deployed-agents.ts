import * as z from 'zod/mini';
import { EnvironmentError } from '../../contracts/errors.ts';
import { parseJson } from '../../core/parse-json.ts';

/** Names of agents by the name of their workflow. */
export type DeployedAgents = Readonly<Record<string, readonly string[]>>;

/** Names of rules by the name of their subscriptions. */
export type DeployedRules = Readonly<Record<string, readonly string[]>>;

const Names = z.record(z.string(), z.array(z.string()));

/**
 * @param text JSON: workflow name → names of its agents (environment variable AGENTS)
 * @throws EnvironmentError when the text is not that.
 */
export const deployedAgents = (text: string): DeployedAgents =>
  namesIn(text, 'AGENTS', 'agents by workflow name');

/**
 * @param text JSON: name of subscriptions → names of their rules (environment variable RULES)
 * @throws EnvironmentError when the text is not that.
 */
export const deployedRules = (text: string): DeployedRules =>
  namesIn(text, 'RULES', 'rules by name of subscriptions');

function namesIn(text: string, variable: string, what: string): z.output<typeof Names> {
  const names = z.safeParse(Names, parseJson(text));
  if (names.success) return names.data;
  throw new EnvironmentError(`${variable} is not a JSON object of lists of ${what}: ${text}`);
}

/** Calls that a run is expected to make, by workflow and quota. */
export type ExpectedCalls = Readonly<Record<string, Readonly<Record<string, number>>>>;

const Calls = z.record(z.string(), z.record(z.string(), z.number()));

/**
 * @param text JSON: workflow name → quota → number (environment variable EXPECTED_CALLS)
 * @throws EnvironmentError when the text is not that.
 */
export function expectedCalls(text: string): ExpectedCalls {
  const calls = z.safeParse(Calls, parseJson(text));
  if (calls.success) return calls.data;
  throw new EnvironmentError(
    `EXPECTED_CALLS is not a JSON object of numbers by workflow name and quota: ${text}`,
  );
}
