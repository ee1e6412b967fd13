import * as z from 'zod/mini';
import { type AgentContract, agentSettings, type Schema } from '../contracts/agent.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { CallRecord } from '../contracts/ledger.ts';
import { checkReply } from '../core/check-value.ts';
import { elapsedMs } from '../core/elapsed.ts';
import { failureOf } from '../core/failure.ts';
import { toJson } from '../core/json.ts';
import { type Asked, modelCall, requestHash } from '../core/model-call.ts';
import { mostTokens } from '../core/token-estimate.ts';
import type { ModelResponse } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import type { CallToPay } from './call-spending.ts';

/**
 * One reply of the model, or the one that a former holder of this attempt has recorded (R9). Nothing
 * is written before the reply: a crash just asks again.
 * @param output the schema that an answer has to fit; a reply that wants tools is none
 */
export async function modelTurn(
  attempt: Attempt,
  asked: Asked,
  output: Schema | undefined,
): Promise<ModelResponse> {
  const call = modelCall(asked, attempt.parts.past.length);
  return attempt.once(call, async () => {
    const record = await attempt.readCall(call);
    if (!record) return ask(attempt, call, asked, output);
    const response = responseOf(record);
    await attempt.spending.settleRecorded(record, asked, response.usage);
    return response;
  });
}

async function ask(
  attempt: Attempt,
  call: string,
  asked: Asked,
  output: Schema | undefined,
): Promise<ModelResponse> {
  const { inputTokens, outputTokens } = mostTokens(asked);
  const lined = {
    call,
    name: asked.name,
    quotas: modelQuotas(attempt.parts.contract),
    tokens: inputTokens + outputTokens,
  };
  const { response, events } = await attempt.turns.make(lined, async (quotaWaitMs) => {
    const value = await askOnce(attempt, call, { asked, output, quotaWaitMs });
    const { usage } = value.response;
    return { value, tokens: usage.inputTokens + usage.outputTokens };
  });
  const result: unknown = JSON.parse(toJson(response));
  return responseOf(await attempt.writeCall({ call, state: 'succeeded', result, events }, null));
}

const modelQuotas = (contract: AgentContract): readonly string[] =>
  agentSettings(contract).quotas.filter((name) => name.startsWith('model:'));

interface Question {
  readonly asked: Asked;
  readonly output: Schema | undefined;
  readonly quotaWaitMs: number;
}

/** One request to the provider: its reply, with the events of the call. */
async function askOnce(
  attempt: Attempt,
  call: string,
  { asked, output, quotaWaitMs }: Question,
): Promise<{ readonly response: ModelResponse; readonly events: readonly SignalboxEvent[] }> {
  const { system, journal } = attempt.parts;
  const fact = { call: asked.name, kind: 'model', requestHash: requestHash(asked) } as const;
  const ordinal = attempt.nextCall();
  const toPay = { call, ordinal, asked };
  await attempt.spending.reserve(toPay);
  const startedMs = system.now();
  const started = attempt.callEvent('signalbox.call.started', ordinal, fact);
  journal.add(started);
  const failed =
    (reply?: ModelResponse) =>
    (thrown: unknown): never => {
      const { code, message } = failureOf(thrown);
      const cost = reply && attempt.spending.cost(asked, reply.usage);
      const durationMs = elapsedMs(startedMs, system.now());
      const data = { ...fact, durationMs, code, message, ...cost };
      journal.add(attempt.callEvent('signalbox.call.failed', ordinal, data));
      throw thrown;
    };
  const response = await generate(attempt, toPay).catch(failed());
  await checkFit(asked, output, response).catch(failed(response));
  const succeeded = attempt.callEvent('signalbox.call.succeeded', ordinal, {
    ...fact,
    durationMs: elapsedMs(startedMs, system.now()),
    model: response.model,
    ...attempt.spending.cost(asked, response.usage),
    ...(quotaWaitMs > 0 && { quotaWaitMs }),
  });
  return { response, events: [started, succeeded] };
}

async function generate(attempt: Attempt, toPay: CallToPay): Promise<ModelResponse> {
  const { asked } = toPay;
  const response = await attempt.parts.model
    .generate({ ...asked, signal: attempt.signal })
    .catch(async (thrown: unknown) => {
      await attempt.spending.fail(toPay, thrown);
      throw thrown;
    });
  await attempt.spending.settle(toPay, response.usage);
  return response;
}

/** Only a reply that fits is kept: one that does not fails the attempt, and the next one asks again. */
async function checkFit(
  { name }: Asked,
  output: Schema | undefined,
  { toolRequests, object }: ModelResponse,
): Promise<void> {
  if (output && !toolRequests) await checkReply(output, name, object);
}

const RecordedResponse = z.object({
  text: z.string(),
  object: z.optional(z.unknown()),
  toolRequests: z.exactOptional(
    z.array(z.object({ id: z.string(), name: z.string(), input: z.unknown() })),
  ),
  reply: z.optional(z.unknown()),
  model: z.string(),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
});

const responseOf = (record: CallRecord): ModelResponse => z.parse(RecordedResponse, record.result);
