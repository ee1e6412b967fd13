import * as z from 'zod/mini';
import { toJSONSchema } from 'zod/v4/core';
import type { Schema } from '../contracts/agent.ts';
import type { ModelCall, ModelReply } from '../contracts/agent-context.ts';
import type { CallRecord } from '../contracts/ledger.ts';
import { checkReply } from '../core/check-value.ts';
import { elapsedMs } from '../core/elapsed.ts';
import { failureOf } from '../core/failure.ts';
import { toJson } from '../core/json.ts';
import { modelCall } from '../core/model-call.ts';
import type { ModelRequest, ModelResponse } from '../ports.ts';
import type { Attempt } from './attempt.ts';

type Call = Omit<ModelCall<Schema>, 'output'> & { readonly output?: Schema };

/**
 * Asks the model, or gives the reply that a former holder of this attempt has recorded (R9). Nothing
 * is written before the reply: a crash just asks again.
 */
export async function askModel(
  attempt: Attempt,
  name: string,
  { output, prompt, system, model, maxOutputTokens }: Call,
): Promise<ModelReply<unknown>> {
  const request = {
    name,
    prompt,
    maxOutputTokens,
    ...(system !== undefined && { system }),
    ...(model !== undefined && { model }),
    ...(output && { schema: jsonSchemaOf(output) }),
  };
  const call = modelCall(request, attempt.parts.past.length);
  const response = await attempt.once(call, async () => {
    const record = await attempt.readCall(call);
    return record ? responseOf(record) : ask(attempt, call, request, output);
  });
  const { text, object, usage } = response;
  return { text, object: output && (await checkReply(output, name, object)), usage };
}

async function ask(
  attempt: Attempt,
  call: string,
  request: Omit<ModelRequest, 'signal'>,
  output: Schema | undefined,
): Promise<ModelResponse> {
  const { system, journal } = attempt.parts;
  const startedMs = system.now();
  const fact = { call: request.name, kind: 'model' } as const;
  const ordinal = attempt.nextCall();
  const started = attempt.callEvent('signalbox.call.started', ordinal, fact);
  journal.add(started);
  const response = await generate(attempt, request, output).catch((thrown: unknown) => {
    const { code, message } = failureOf(thrown);
    const data = { ...fact, durationMs: elapsedMs(startedMs, system.now()), code, message };
    journal.add(attempt.callEvent('signalbox.call.failed', ordinal, data));
    throw thrown;
  });
  const succeeded = attempt.callEvent('signalbox.call.succeeded', ordinal, {
    ...fact,
    durationMs: elapsedMs(startedMs, system.now()),
    model: response.model,
    usage: response.usage,
  });
  const events = [started, succeeded];
  const result: unknown = JSON.parse(toJson(response));
  return responseOf(await attempt.writeCall({ call, state: 'succeeded', result, events }, null));
}

/** Only a reply that fits is kept: one that does not fails the attempt, and the next one asks again. */
async function generate(
  attempt: Attempt,
  request: Omit<ModelRequest, 'signal'>,
  output: Schema | undefined,
): Promise<ModelResponse> {
  const response = await attempt.parts.model.generate({ ...request, signal: attempt.signal });
  if (output) await checkReply(output, request.name, response.object);
  return response;
}

const RecordedResponse = z.object({
  text: z.string(),
  object: z.optional(z.unknown()),
  model: z.string(),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
});

const responseOf = (record: CallRecord): ModelResponse => z.parse(RecordedResponse, record.result);

/** The JSON Schema of what has to be given so that `schema` takes it. */
const jsonSchemaOf = (schema: Schema): Readonly<Record<string, unknown>> =>
  toJSONSchema(schema, { io: 'input' });
