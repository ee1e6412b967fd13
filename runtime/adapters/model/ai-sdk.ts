import { generateText, jsonSchema, type LanguageModel, Output } from 'ai';
import type { ModelProvider, ModelRequest, ModelResponse } from '../../ports.ts';
import { modelError } from './model-error.ts';

/** A provider's models by id. */
export type LanguageModels = (id: string) => LanguageModel;

/**
 * A model provider on the AI SDK. One request is one HTTP call: the SDK's own retries are off,
 * because the step's policy decides who asks again and when.
 */
export class AiSdkModelProvider implements ModelProvider {
  readonly #defaultModel: string;
  readonly #models: LanguageModels;

  /** @param defaultModel id of the model that answers when a request names none */
  constructor(defaultModel: string, models: LanguageModels) {
    this.#defaultModel = defaultModel;
    this.#models = models;
  }

  async generate(request: ModelRequest): Promise<ModelResponse> {
    try {
      return await this.#generate(request);
    } catch (error) {
      request.signal.throwIfAborted();
      throw modelError(error);
    }
  }

  async #generate(request: ModelRequest): Promise<ModelResponse> {
    const result = await generateText({
      model: this.#models(request.model ?? this.#defaultModel),
      ...(request.system !== undefined && { instructions: request.system }),
      prompt: request.prompt,
      maxOutputTokens: request.maxOutputTokens,
      maxRetries: 0,
      abortSignal: request.signal,
      ...(request.schema && {
        output: Output.object({ name: request.name, schema: jsonSchema(request.schema) }),
      }),
    });
    return {
      text: result.text,
      ...(request.schema && { object: result.output }),
      model: result.response.modelId,
      usage: {
        inputTokens: result.usage.inputTokens ?? 0,
        outputTokens: result.usage.outputTokens ?? 0,
      },
    };
  }
}
