/**
 * Checks values at the agent's entrances: what goes in, what comes out, what a model answered.
 *
 * Invariants
 * C1. A value that passed is JSON, fits its schema, and holds no claim-check reference: `$sbref` is
 *     resolved by the platform only, so one that a caller or an agent wrote would read foreign data.
 * C2. A message names the field, what was got and what is allowed; it never repeats a whole value.
 */
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import type { Schema } from '../contracts/agent.ts';
import { REFERENCE_KEY } from '../contracts/claim-check.ts';
import { type ErrorCode, RetryableError, TerminalError } from '../contracts/errors.ts';
import { type ClaimCheck, claimCheck, PAYLOADS_MAX_BYTES } from './claim-check.ts';
import { refusedParts } from './input-check.ts';
import { describeIssues } from './issues.ts';
import { toJson } from './json.ts';
import { STATE_MAX_BYTES } from './limits.ts';
import { referencesIn } from './payload-references.ts';

/** `zod/mini` has no messages of its own until it is told. */
const messages = { error: en().localeError };

/**
 * The step's input as its agent sees it.
 * @throws TerminalError INPUT_INVALID
 */
export async function checkInput<S extends Schema>(
  schema: S,
  input: unknown,
): Promise<z.output<S>> {
  refuseReferences('INPUT_INVALID', 'the input', input);
  const parsed = await z.safeParseAsync(schema, input, messages);
  if (parsed.success) return parsed.data;
  throw new TerminalError(
    `the input does not fit the agent's contract: ${describeIssues(parsed.error.issues)}`,
    { code: 'INPUT_INVALID' },
  );
}

/**
 * The step's output as JSON, checked against its contract, its large parts by reference.
 * @param limits.inlineBytes the most that may travel inline, in bytes of JSON
 * @param limits.control fields that always do
 * @throws TerminalError OUTPUT_INVALID or OUTPUT_TOO_LARGE
 */
export async function checkOutput(
  schema: Schema,
  output: unknown,
  limits: { readonly inlineBytes: number; readonly control: readonly string[] },
): Promise<ClaimCheck> {
  const parsed = await z.safeParseAsync(schema, output, messages);
  if (!parsed.success) {
    throw new TerminalError(
      `the output does not fit the agent's contract: ${describeIssues(parsed.error.issues)}`,
      { code: 'OUTPUT_INVALID' },
    );
  }
  const text = toJson(parsed.data);
  const bytes = Buffer.byteLength(text);
  if (bytes > PAYLOADS_MAX_BYTES) {
    throw new TerminalError(
      `the output is ${bytes} bytes of JSON; allowed: ${PAYLOADS_MAX_BYTES}. Store the large part elsewhere and return where it is.`,
      { code: 'OUTPUT_TOO_LARGE' },
    );
  }
  const clean: unknown = JSON.parse(text);
  refuseReferences('OUTPUT_INVALID', 'the output', clean);
  refuseUncarried(clean);
  const { inlineBytes, control } = limits;
  return claimCheck(clean, { maxBytes: Math.min(inlineBytes, STATE_MAX_BYTES), control });
}

/**
 * The object of a model's reply.
 * @throws RetryableError MODEL_OUTPUT_INVALID: asked again, the model may answer otherwise
 */
export async function checkReply<S extends Schema>(
  schema: S,
  call: string,
  object: unknown,
): Promise<z.output<S>> {
  const parsed = await z.safeParseAsync(schema, object, messages);
  if (parsed.success) return parsed.data;
  throw new RetryableError(
    `the reply to model call "${call}" does not fit the schema asked for: ${describeIssues(parsed.error.issues)}`,
    { code: 'MODEL_OUTPUT_INVALID' },
  );
}

/**
 * The payload of a domain event as JSON.
 * @throws TerminalError OUTPUT_INVALID for a type that is not in the registry, or a payload that does not fit
 */
export async function checkEventData(
  types: Readonly<Record<string, Schema>>,
  type: string,
  data: unknown,
): Promise<unknown> {
  const schema = Object.hasOwn(types, type) ? types[type] : undefined;
  if (!schema) {
    const allowed = Object.keys(types).join(', ') || 'none';
    throw new TerminalError(
      `event type "${type}" is not declared in the contract's events; declared: ${allowed}`,
      { code: 'OUTPUT_INVALID' },
    );
  }
  const parsed = await z.safeParseAsync(schema, data, messages);
  if (!parsed.success) {
    throw new TerminalError(
      `the data of event "${type}" does not fit its schema: ${describeIssues(parsed.error.issues)}`,
      { code: 'OUTPUT_INVALID' },
    );
  }
  const clean: unknown = JSON.parse(toJson(parsed.data));
  refuseReferences('OUTPUT_INVALID', `the data of event "${type}"`, clean);
  return clean;
}

/** What would not reach the next step: its message could not be sent, or not be read. */
function refuseUncarried(output: unknown): void {
  // How deep it is nested has been looked at when it was made JSON.
  const [first] = refusedParts(output, { maxDepth: Number.POSITIVE_INFINITY });
  if (!first) return;
  throw new TerminalError(`the output cannot travel, at ${first.field}: ${first.problem}`, {
    code: 'OUTPUT_INVALID',
  });
}

function refuseReferences(
  code: Extract<ErrorCode, 'INPUT_INVALID' | 'OUTPUT_INVALID'>,
  what: string,
  value: unknown,
): void {
  const [found] = referencesIn(value);
  if (!found) return;
  throw new TerminalError(
    `${what} has the key "${REFERENCE_KEY}" at ${found.place}; it is reserved for the platform. Rename it.`,
    { code },
  );
}
