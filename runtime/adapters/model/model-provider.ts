import type { AgentEnvironment } from '../../contracts/environment.ts';
import { lazy } from '../../core/lazy.ts';
import type { ModelProvider } from '../../ports.ts';

export type ModelSettings = Pick<
  AgentEnvironment,
  'MODEL_PROVIDER' | 'MODEL_ID' | 'MODEL_BASE_URL'
>;

/**
 * The stage's language model. The AI SDK is loaded with the first request, so a function that is
 * started to answer from the ledger does not pay for it.
 */
export function modelProvider(settings: ModelSettings): ModelProvider {
  const loaded = lazy(() => load(settings));
  return {
    generate: async (request) => (await loaded()).generate(request),
    // Without the SDK: a replayed call needs to know what was asked, and asks nobody.
    describe: async (schema) => (await import('../../core/json-schema.ts')).jsonSchemaOf(schema),
  };
}

async function load(settings: ModelSettings): Promise<Pick<ModelProvider, 'generate'>> {
  const { AiSdkModelProvider } = await import('./ai-sdk.ts');
  return new AiSdkModelProvider(settings.MODEL_ID, await languageModels(settings));
}

const languageModels = async (settings: ModelSettings) =>
  settings.MODEL_PROVIDER === 'bedrock'
    ? (await import('./bedrock.ts')).bedrockModels()
    : (await import('./openai-compatible.ts')).openAiCompatibleModels(settings.MODEL_BASE_URL);
