/**
 * Asks the model, in turns while it wants tools.
 *
 * Invariants
 * A conversation follows from its recorded replies and tool calls: after a crash the next holder goes
 * through it again up to where it ended, and asks and calls nothing twice (R2, R9).
 * The same question asked again in one attempt means the same tool calls, not further ones.
 */
import type { Schema } from '../contracts/agent.ts';
import type { ModelCall, ModelReply } from '../contracts/agent-context.ts';
import { RetryableError, TerminalError } from '../contracts/errors.ts';
import type { Tool } from '../contracts/tool.ts';
import { checkReply } from '../core/check-value.ts';
import { type Asked, requestHash } from '../core/model-call.ts';
import type { ModelResponse, ModelTurn, ToolAnswer, ToolRequest } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import { callTool } from './call-tool.ts';
import { modelTurn } from './model-turn.ts';

type Call = Omit<ModelCall<Schema>, 'output'> & { readonly output?: Schema };

const DEFAULT_TURNS = 10;
const MOST_TURNS = 100;

export async function askModel(
  attempt: Attempt,
  name: string,
  call: Call,
): Promise<ModelReply<unknown>> {
  const { output, tools = [] } = call;
  refuseDoubledTools(name, tools);
  const asked = await askedOf(attempt, name, call);
  const { text, object, usage } =
    tools.length === 0
      ? await modelTurn(attempt, asked, output)
      : await converse(attempt, asked, { output, tools, maxTurns: turnsOf(name, call) });
  return { text, object: output && (await checkReply(output, name, object)), usage };
}

function refuseDoubledTools(name: string, tools: readonly Tool[]): void {
  const names = tools.map((tool) => tool.name);
  const doubled = names.find((one, i) => names.indexOf(one) !== i);
  if (doubled === undefined) return;
  throw new TerminalError(
    `model call "${name}" has two tools "${doubled}"; give each a name of its own`,
  );
}

async function askedOf(
  { parts }: Attempt,
  name: string,
  { output, prompt, system, model, maxOutputTokens, tools = [] }: Call,
): Promise<Asked> {
  const schema = output && (await parts.model.describe(output));
  const described = await Promise.all(
    tools.map(async ({ name: toolName, description, input }) => ({
      name: toolName,
      description,
      schema: await parts.model.describe(input),
    })),
  );
  return {
    name,
    prompt,
    maxOutputTokens,
    ...(system !== undefined && { system }),
    ...(model !== undefined && { model }),
    ...(schema && { schema }),
    ...(described.length > 0 && { tools: described }),
  };
}

function turnsOf(name: string, { maxTurns = DEFAULT_TURNS }: Call): number {
  if (Number.isInteger(maxTurns) && maxTurns >= 1 && maxTurns <= MOST_TURNS) return maxTurns;
  throw new TerminalError(
    `model call "${name}": maxTurns is ${maxTurns}; allowed: a whole number from 1 to ${MOST_TURNS}`,
  );
}

interface Conversation {
  readonly output: Schema | undefined;
  readonly tools: readonly Tool[];
  readonly maxTurns: number;
}

/** Gives the answer, with the usage of all turns. */
async function converse(
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
