import type { Schema } from '../contracts/agent.ts';
import type { ModelCall, ModelReply } from '../contracts/agent-context.ts';
import { TerminalError } from '../contracts/errors.ts';
import type { Tool } from '../contracts/tool.ts';
import { checkReply } from '../core/check-value.ts';
import type { Asked } from '../core/model-call.ts';
import type { Attempt } from './attempt.ts';
import { modelTurn } from './model-turn.ts';

type Call = Omit<ModelCall<Schema>, 'output'> & { readonly output?: Schema };

const DEFAULT_TURNS = 10;
const MOST_TURNS = 100;

/** Asks the model. What turns with tools take is loaded with the first call that has some. */
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
      : await (await import('./converse.ts')).converse(attempt, asked, {
          output,
          tools,
          maxTurns: turnsOf(name, call),
        });
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
