/**
 * Checks what an agent shows before it has an output.
 *
 * Invariant: what passed is JSON, fits the contract, and holds nothing that an entrance refuses
 * (core/input-check.ts); a message names the place, what was got and what is allowed.
 */
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import type { Schema } from '../contracts/agent.ts';
import { TerminalError } from '../contracts/errors.ts';
import type { PartialOutput } from '../contracts/ledger.ts';
import { refusedParts } from './input-check.ts';
import { describeIssues } from './issues.ts';
import { toJson } from './json.ts';
import { jsonBytes, PARTIAL_MAX_BYTES } from './partial-output.ts';

/**
 * @param schema the contract's `partialOutput`; `undefined` for text
 * @throws TerminalError OUTPUT_INVALID or OUTPUT_TOO_LARGE
 */
export function checkPartial(schema: Schema | undefined, chunk: unknown): PartialOutput {
  if (schema) return { value: checkedValue(schema, chunk) };
  if (typeof chunk === 'string') return { text: chunk };
  throw invalid(
    `a ${typeof chunk} was given; allowed: text. Declare "partialOutput" in the contract to show values.`,
  );
}

function checkedValue(schema: Schema, chunk: unknown): unknown {
  const parsed = z.safeParse(schema, chunk, { error: en().localeError });
  if (!parsed.success) throw invalid(describeIssues(parsed.error.issues));
  const clean: unknown = JSON.parse(toJson(parsed.data));
  const [refused] = refusedParts(clean);
  if (refused) throw invalid(`${refused.field}: ${refused.problem}`);
  const bytes = jsonBytes(clean);
  if (bytes <= PARTIAL_MAX_BYTES) return clean;
  throw new TerminalError(
    `the partial output is ${bytes} bytes of JSON; allowed: ${PARTIAL_MAX_BYTES}. Show less of it.`,
    { code: 'OUTPUT_TOO_LARGE' },
  );
}

const invalid = (problem: string): TerminalError =>
  new TerminalError(`the partial output does not fit the agent's contract: ${problem}`, {
    code: 'OUTPUT_INVALID',
  });
