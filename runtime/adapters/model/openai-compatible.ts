import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { TerminalError } from '../../contracts/errors.ts';
import type { LanguageModels } from './ai-sdk.ts';

/**
 * Models of an endpoint that speaks OpenAI's chat completions with structured output.
 * @throws TerminalError when no base URL is set
 */
export function openAiCompatibleModels(baseUrl: string | undefined): LanguageModels {
  if (baseUrl === undefined) {
    throw new TerminalError(
      'MODEL_BASE_URL is not set; the provider "openai-compatible" needs the base URL of its endpoint, like "https://models.example.com/v1". Set it for the stage in infra/config.ts.',
      { code: 'MODEL_REFUSED' },
    );
  }
  const endpoint = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL: baseUrl,
    supportsStructuredOutputs: true,
  });
  return (id) => endpoint.chatModel(id);
}
