import { DefinitionError } from '#runtime/contracts/errors.ts';
import { toJson } from '#runtime/core/json.ts';
import type { ModelProvider, ModelRequest, ModelResponse } from '#runtime/ports.ts';

/** A model call as a script sees it. */
type ScriptedCall = Pick<ModelRequest, 'name' | 'prompt' | 'system' | 'model' | 'schema'>;

/**
 * Answers a model call: text for a call without an output schema, the object for one with; a promise
 * of either. What it throws, the agent's call throws.
 */
export type ModelScript = (call: ScriptedCall) => unknown;

/** A model that says what the script says, and remembers what it was asked. Tokens are words. */
export class ScriptedModel implements ModelProvider {
  readonly #script: ModelScript | undefined;
  readonly #prompts: string[] = [];

  constructor(script?: ModelScript) {
    this.#script = script;
  }

  /** Every prompt, in the order asked. */
  get prompts(): readonly string[] {
    return this.#prompts;
  }

  async generate(request: ModelRequest): Promise<ModelResponse> {
    const { name, prompt, schema } = request;
    this.#prompts.push(prompt);
    const reply: unknown = await this.#script?.(request);
    if (reply === undefined) {
      throw new DefinitionError(
        `model call "${name}" has no scripted reply; give one in the option "model"`,
      );
    }
    const text = typeof reply === 'string' ? reply : toJson(reply);
    return {
      text,
      ...(schema && { object: reply }),
      model: 'scripted',
      usage: { inputTokens: words(prompt), outputTokens: words(text) },
    };
  }
}

const words = (text: string): number => text.split(/\s+/).filter(Boolean).length;
