import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import type { LanguageModels } from './ai-sdk.ts';

/**
 * Models of Amazon Bedrock. Region and credentials are those that Lambda puts into the environment,
 * read and signed with by the SDK itself: no credential chain is loaded.
 */
export function bedrockModels(): LanguageModels {
  const bedrock = createAmazonBedrock();
  return (id) => bedrock(id);
}
