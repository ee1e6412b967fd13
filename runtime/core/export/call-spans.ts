import type { Span } from '../../contracts/span.ts';
import type { PlatformEvent } from '../platform-event.ts';
import { attemptSpan, type ExportContext, runAttributes, spanIdOf, traceOf } from './span-ids.ts';

type CallEnd = Extract<
  PlatformEvent,
  { readonly type: `signalbox.call.${'succeeded' | 'failed'}` }
>;

/** A call of a model, a tool, or an effect; with the conventions for generative AI where they have it. */
export function callSpans(event: CallEnd, context: ExportContext): readonly Span[] {
  const trace = traceOf(event);
  if (!trace) return [];
  const { run, gen, subject, attempt, fence, ordinal, data } = event;
  const endMs = Date.parse(event.time);
  return [
    {
      traceId: trace.traceId,
      // Two ends of one effect, a failure and then a success, have ordinals of their own.
      spanId: spanIdOf('call', run, gen, subject, attempt, fence, ordinal),
      parentSpanId: attemptSpan(event),
      ...shapeOf(event),
      startMs: endMs - data.durationMs,
      endMs,
      attributes: {
        ...runAttributes(event),
        'signalbox.call': data.call,
        ...kindAttributes(event, context),
        ...detailAttributes(event),
      },
      ...('code' in data && { error: { type: data.code, message: data.message } }),
    },
  ];
}

function shapeOf({ data }: CallEnd): Pick<Span, 'component' | 'name' | 'kind'> {
  switch (data.kind) {
    case 'model': {
      const model = 'model' in data ? data.model : undefined;
      return {
        component: 'model',
        name: `chat${model === undefined ? '' : ` ${model}`}`,
        kind: 'client',
      };
    }
    case 'tool':
      return { component: 'tool', name: `execute_tool ${data.call}`, kind: 'internal' };
    case 'effect':
      return { component: 'effect', name: `effect ${data.call}`, kind: 'client' };
  }
}

function kindAttributes({ data }: CallEnd, { modelProvider }: ExportContext) {
  switch (data.kind) {
    case 'model': {
      const model = 'model' in data ? data.model : undefined;
      return {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': modelProvider,
        ...(model !== undefined && {
          'gen_ai.request.model': model,
          'gen_ai.response.model': model,
        }),
        ...(data.usage && {
          'gen_ai.usage.input_tokens': data.usage.inputTokens,
          'gen_ai.usage.output_tokens': data.usage.outputTokens,
        }),
      };
    }
    case 'tool':
      return {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': data.call,
        'gen_ai.tool.type': 'function',
      };
    case 'effect':
      return {};
  }
}

const detailAttributes = ({ data }: CallEnd) => ({
  ...(data.usd !== undefined && { 'signalbox.usd': data.usd }),
  ...('quotaWaitMs' in data &&
    data.quotaWaitMs !== undefined && { 'signalbox.quota_wait_ms': data.quotaWaitMs }),
  ...('reusedFrom' in data &&
    data.reusedFrom !== undefined && { 'signalbox.reused_from': data.reusedFrom }),
});

/** The conventions' name of a provider; for one that speaks OpenAI's protocol they know no other. */
export const modelProviderName = (provider: 'bedrock' | 'openai-compatible'): string =>
  provider === 'bedrock' ? 'aws.bedrock' : 'openai';
