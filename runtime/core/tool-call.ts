/**
 * A model's call of a tool: whether it can be performed, and under which keys.
 *
 * Boundary: pure; what a model gives is untrusted, like any text from outside.
 * Invariants
 * M1. A tool is called with what fits its schema, and with nothing that an entrance refuses
 *     (core/input-check.ts). What does not fit goes back to the model: it is no call.
 * M2. The keys depend on run, path, tool, input and how often the same was wanted before, not on the
 *     attempt: a retry whose model wants the same again gets the recorded result (R2).
 */
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import type { Tool } from '../contracts/tool.ts';
import type { ToolRequest } from '../ports.ts';
import { hash } from './hash.ts';
import { refusedParts } from './input-check.ts';
import { describeIssues } from './issues.ts';

export type ToolCheck =
  | { readonly kind: 'call'; readonly tool: Tool; readonly input: unknown }
  /** What the model is told. */
  | { readonly kind: 'misfit'; readonly problem: string };

/** Whether a request can be performed, with the checked input (M1). */
export async function checkToolRequest(
  tools: readonly Tool[],
  { name, input }: ToolRequest,
): Promise<ToolCheck> {
  const tool = tools.find((one) => one.name === name);
  if (!tool) {
    const allowed = tools.map((one) => one.name).join(', ');
    return misfit(`there is no tool "${name}"; there are: ${allowed}`);
  }
  const [refused] = refusedParts(input);
  if (refused)
    return misfit(`the input of "${name}" is refused: ${refused.field}: ${refused.problem}`);
  const parsed = await z.safeParseAsync(tool.input, input, { error: en().localeError });
  if (parsed.success) return { kind: 'call', tool, input: parsed.data };
  return misfit(`the input of "${name}" does not fit: ${describeIssues(parsed.error.issues)}`);
}

const misfit = (problem: string): ToolCheck => ({ kind: 'misfit', problem });

/** What counts as the same call of a tool. */
export interface ToolCallKey {
  readonly name: string;
  readonly inputHash: string;
  /** How often the same was wanted before in this attempt. */
  readonly occurrence: number;
}

/** The key of a tool call in the ledger. */
export const toolCall = ({ name, inputHash, occurrence }: ToolCallKey): string =>
  `tool:${name}:${inputHash}:${occurrence}`;

/** The key that the other side gets. */
export const toolIdempotencyKey = (
  run: string,
  path: string,
  { name, inputHash, occurrence }: ToolCallKey,
): string => hash([run, path, 'tool', name, inputHash, occurrence]);
