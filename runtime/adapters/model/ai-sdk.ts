import {
  generateText,
  jsonSchema,
  type LanguageModel,
  type ModelMessage,
  Output,
  type ToolSet,
  tool,
} from 'ai';
import type {
  ModelProvider,
  ModelRequest,
  ModelResponse,
  ModelTurn,
  ToolAnswer,
  ToolRequest,
} from '../../ports.ts';
import { modelError } from './model-error.ts';

/** A provider's models by id. */
export type LanguageModels = (id: string) => LanguageModel;

/**
 * A model provider on the AI SDK. One request is one HTTP call: the SDK's own retries are off,
 * because the step's policy decides who asks again and when; and it calls no tools, because the
 * ledger decides which calls are made.
 */
export class AiSdkModelProvider implements Pick<ModelProvider, 'generate'> {
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
      messages: messagesOf(request),
      maxOutputTokens: request.maxOutputTokens,
      maxRetries: 0,
      abortSignal: request.signal,
      ...(request.tools && { tools: toolsOf(request.tools) }),
      ...(request.schema && {
        output: Output.object({ name: request.name, schema: jsonSchema(request.schema) }),
      }),
    });
    const toolRequests = result.toolCalls.map(toolRequestOf);
    return {
      text: result.text,
      ...(toolRequests.length > 0
        ? { toolRequests, reply: result.response.messages.filter(isFromModel) }
        : request.schema && { object: result.output }),
      model: result.response.modelId,
      usage: {
        inputTokens: result.usage.inputTokens ?? 0,
        outputTokens: result.usage.outputTokens ?? 0,
      },
    };
  }
}

const messagesOf = ({ prompt, turns = [] }: ModelRequest): ModelMessage[] => [
  { role: 'user', content: prompt },
  ...turns.flatMap(messagesOfTurn),
];

const messagesOfTurn = ({ reply, answers }: ModelTurn): ModelMessage[] => [
  // What this adapter gave as the reply of that turn.
  ...(reply as ModelMessage[]),
  { role: 'tool', content: answers.map(toolResultOf) },
];

/** Of a request that the SDK finds invalid it makes an answer of its own; the ledger's counts. */
const isFromModel = ({ role }: ModelMessage): boolean => role === 'assistant';

const toolsOf = (tools: NonNullable<ModelRequest['tools']>): ToolSet =>
  Object.fromEntries(
    tools.map(({ name, description, schema }) => [
      name,
      tool({ description, inputSchema: jsonSchema(schema) }),
    ]),
  );

const toolRequestOf = (call: {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
}): ToolRequest => ({ id: call.toolCallId, name: call.toolName, input: call.input });

const toolResultOf = (answer: ToolAnswer) => ({
  type: 'tool-result' as const,
  toolCallId: answer.id,
  toolName: answer.name,
  output:
    'error' in answer
      ? { type: 'error-text' as const, value: answer.error }
      : // The ledger holds JSON only.
        { type: 'json' as const, value: answer.output as JsonValue },
});

type JsonValue = null | string | number | boolean | JsonValue[] | { [key: string]: JsonValue };
