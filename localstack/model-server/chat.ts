/**
 * Chat completions as OpenAI spells them: what is read of a request, and how a reply looks.
 *
 * Boundary: pure; skills write the text, `server.ts` carries it.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { reply } from './skills.ts';

const Content = z.union([
  z.string(),
  z.array(z.object({ type: z.literal('text'), text: z.string() })),
]);
const limit = z.optional(z.int().positive());

export const ChatRequestSchema = z.object({
  model: z.string().min(1),
  messages: z
    .array(
      z.object({ role: z.enum(['system', 'developer', 'user', 'assistant']), content: Content }),
    )
    .min(1),
  max_tokens: limit,
  max_completion_tokens: limit,
  /** Streams are not spoken here. */
  stream: z.optional(z.literal(false)),
  response_format: z.optional(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('text') }),
      z.object({
        type: z.literal('json_schema'),
        json_schema: z.object({
          name: z.string(),
          schema: z.record(z.string(), z.unknown()),
        }),
      }),
    ]),
  ),
});
export type ChatRequest = z.infer<typeof ChatRequestSchema>;

/** The same request gives the same reply, but for `created`. */
export function complete(request: ChatRequest, nowMs: number) {
  const format = request.response_format;
  const shape = format?.type === 'json_schema' ? format.json_schema : null;
  const full = reply(userText(request), shape);
  const promptTokens = request.messages.reduce(
    (sum, { content }) => sum + tokens(plain(content)),
    0,
  );
  const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  const isCut = tokens(full) > maxTokens;
  const text = isCut ? full.slice(0, maxTokens * CHARACTERS_PER_TOKEN) : full;
  return {
    id: `chatcmpl-${createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 24)}`,
    object: 'chat.completion',
    created: Math.floor(nowMs / 1000),
    model: request.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        finish_reason: isCut ? 'length' : 'stop',
      },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokens(text),
      total_tokens: promptTokens + tokens(text),
    },
  };
}

/** The name that requests are counted under. */
export const skillName = ({ response_format: format }: ChatRequest): string =>
  format?.type === 'json_schema' ? format.json_schema.name : 'text';

const CHARACTERS_PER_TOKEN = 4;
const tokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

const plain = (content: z.infer<typeof Content>): string =>
  typeof content === 'string' ? content : content.map((part) => part.text).join('\n');

const userText = (request: ChatRequest): string =>
  request.messages
    .filter(({ role }) => role === 'user')
    .map(({ content }) => plain(content))
    .join('\n\n');
