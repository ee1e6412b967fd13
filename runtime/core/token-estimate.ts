import type { TokenCount } from '../contracts/api.ts';
import type { Asked } from './model-call.ts';

/**
 * Bytes of UTF-8 that make a token: tokenizers come to about 4 in English prose, to 3 in code, JSON and
 * most other scripts. The smaller one, because what is reserved is to suffice.
 */
const BYTES_PER_TOKEN = 3;

/** Roles and separators around what is asked. */
const FRAME_TOKENS = 16;

/** What providers add for tools, and for an output schema, which they pass as one: Anthropic up to 346 tokens. */
const TOOL_FRAME_TOKENS = 350;

/** The tokens that a call takes at most: its input by its size, its output by its limit. */
export function mostTokens({
  system,
  prompt,
  schema,
  tools,
  turns,
  maxOutputTokens,
}: Asked): TokenCount {
  const frame = FRAME_TOKENS + (schema || tools ? TOOL_FRAME_TOKENS : 0);
  const bytes = Buffer.byteLength(JSON.stringify({ system, prompt, schema, tools, turns }));
  return {
    inputTokens: frame + Math.ceil(bytes / BYTES_PER_TOKEN),
    outputTokens: maxOutputTokens,
  };
}
