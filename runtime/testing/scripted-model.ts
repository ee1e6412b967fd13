import type { Schema } from '#runtime/contracts/agent.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { toJson } from '#runtime/core/json.ts';
import { jsonSchemaOf } from '#runtime/core/json-schema.ts';
import type { ModelProvider, ModelRequest, ModelResponse, ToolRequest } from '#runtime/ports.ts';

/** A model call as a script sees it: `turns` holds what its tools have given so far. */
type ScriptedCall = Omit<ModelRequest, 'maxOutputTokens' | 'signal'>;

/**
 * Answers a model call: text for a call without an output schema, the object for one with, `callTools`
 * for one with tools; a promise of any of these. What it throws, the agent's call throws.
 */
export type ModelScript = (call: ScriptedCall) => unknown;

type Wish = Pick<ToolRequest, 'name' | 'input'>;

class ToolWishes {
  readonly wishes: readonly Wish[];
  constructor(wishes: readonly Wish[]) {
    this.wishes = wishes;
  }
}

/** A scripted reply that wants tools. */
export const callTools = (...wishes: readonly [Wish, ...Wish[]]): unknown => new ToolWishes(wishes);

/** A model that says what the script says, and remembers what it was asked. Tokens are words. */
export class ScriptedModel implements ModelProvider {
  readonly #script: ModelScript | undefined;
  readonly #prompts: string[] = [];

  constructor(script?: ModelScript) {
    this.#script = script;
  }

  /** Every prompt, in the order asked; once per turn of a conversation with tools. */
  get prompts(): readonly string[] {
    return this.#prompts;
  }

  async describe(schema: Schema): Promise<Readonly<Record<string, unknown>>> {
    return jsonSchemaOf(schema);
  }

  async generate(request: ModelRequest): Promise<ModelResponse> {
    const { name, prompt, schema, turns = [] } = request;
    this.#prompts.push(prompt);
    const reply: unknown = await this.#script?.(request);
    if (reply === undefined) {
      throw new DefinitionError(
        `model call "${name}" has no scripted reply; give one in the option "model"`,
      );
    }
    if (reply instanceof ToolWishes) {
      const toolRequests = reply.wishes.map((wish, i) => ({ id: `${turns.length}.${i}`, ...wish }));
      return { ...said(prompt, ''), toolRequests, reply: toolRequests };
    }
    const text = typeof reply === 'string' ? reply : toJson(reply);
    return { ...said(prompt, text), ...(schema && { object: reply }) };
  }
}

const said = (prompt: string, text: string) => ({
  text,
  model: 'scripted',
  usage: { inputTokens: words(prompt), outputTokens: words(text) },
});

const words = (text: string): number => text.split(/\s+/).filter(Boolean).length;
