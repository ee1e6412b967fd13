import type { Tool } from '../contracts/tool.ts';
import { hash } from '../core/hash.ts';
import { checkToolRequest, toolCall, toolIdempotencyKey } from '../core/tool-call.ts';
import type { ToolAnswer, ToolRequest } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import { performEffect } from './perform-effect.ts';

/**
 * Gives the model what it wants of a tool, or says what is wrong with it.
 * @param place where the model wanted it: asked there again, it is the same call
 * @throws what the tool throws: it ends the attempt, as an effect's error does
 */
export async function callTool(
  attempt: Attempt,
  tools: readonly Tool[],
  request: ToolRequest,
  place: string,
): Promise<ToolAnswer> {
  const { id, name } = request;
  const inputHash = hash(request.input);
  // Counted before anything is waited for: the order in which the model wanted them decides.
  const occurrence = attempt.numberOf(`tool:${name}:${inputHash}`, place);
  const check = await checkToolRequest(tools, request);
  if (check.kind === 'misfit') return { id, name, error: check.problem };
  const { run, step } = attempt.parts.message;
  const key = { name, inputHash, occurrence };
  const output = await performEffect<unknown>(attempt, {
    kind: 'tool',
    name,
    call: toolCall(key),
    idempotencyKey: toolIdempotencyKey(run.id, step.path, key),
    requestHash: inputHash,
    whenUnknown: check.tool.whenUnknown,
    quota: check.tool.quota,
    perform: (idempotencyKey) => check.tool.run(check.input, idempotencyKey, attempt.signal),
  });
  // JSON has no `undefined`; a tool that gives nothing says so.
  return { id, name, output: output ?? null };
}
