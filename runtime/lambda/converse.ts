/**
 * Asks the model in turns while it wants tools.
 *
 * Invariants
 * A conversation follows from its recorded replies and tool calls: after a crash the next holder goes
 * through it again up to where it ended, and asks and calls nothing twice (R2, R9).
 * The same question asked again in one attempt means the same tool calls, not further ones.
 */
import type { Schema } from '../contracts/agent.ts';
import { RetryableError } from '../contracts/errors.ts';
import type { Tool } from '../contracts/tool.ts';
import { type Asked, requestHash } from '../core/model-call.ts';
import type { ModelResponse, ModelTurn, ToolAnswer, ToolRequest } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import { callTool } from './call-tool.ts';
import { modelTurn } from './model-turn.ts';

interface Conversation {
  readonly output: Schema | undefined;
  readonly tools: readonly Tool[];
  readonly maxTurns: number;
}

/** Gives the answer, with the usage of all turns. */
export async function converse(
  attempt: Attempt,
  asked: Asked,
  { output, tools, maxTurns }: Conversation,
): Promise<ModelResponse> {
  const turns: ModelTurn[] = [];
  const usage = { inputTokens: 0, outputTokens: 0 };
  while (turns.length < maxTurns) {
    const turn = turns.length > 0 ? { ...asked, turns: [...turns] } : asked;
    const response = await modelTurn(attempt, turn, output);
    usage.inputTokens += response.usage.inputTokens;
    usage.outputTokens += response.usage.outputTokens;
    if (!response.toolRequests) return { ...response, usage };
    const answers = await callAll(
      attempt,
      tools,
      response.toolRequests,
      `${asked.name}:${requestHash(turn)}`,
    );
    turns.push({ reply: response.reply, answers });
  }
  throw new RetryableError(
    `model call "${asked.name}" wanted tools in each of ${maxTurns} turns and gave no answer. Say in the prompt when to stop, or raise maxTurns.`,
    { code: 'MODEL_OUTPUT_INVALID' },
  );
}

/** A failure ends the attempt once all calls have ended: none is left without a recorded end. */
async function callAll(
  attempt: Attempt,
  tools: readonly Tool[],
  requests: readonly ToolRequest[],
  turn: string,
): Promise<readonly ToolAnswer[]> {
  const calls = requests.map((request, i) => callTool(attempt, tools, request, `${turn}#${i}`));
  await Promise.allSettled(calls);
  return Promise.all(calls);
}
