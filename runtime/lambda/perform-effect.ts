/**
 * Performs an effect, or a call of a tool, once per run, path and key (R2).
 *
 * Order of writes: intent, call, result. A worker that dies between the last two leaves an intent
 * without a result, and `whenUnknown` decides (core/effect.ts).
 */
import { agentSettings } from '../contracts/agent.ts';
import type { WhenUnknown } from '../contracts/agent-context.ts';
import { TerminalError } from '../contracts/errors.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { CallRecord } from '../contracts/ledger.ts';
import {
  decideEffect,
  decideNewEffect,
  effectLabel,
  isKnownFailure,
  unkeptResult,
} from '../core/effect.ts';
import { elapsedMs } from '../core/elapsed.ts';
import { failureOf } from '../core/failure.ts';
import { NotJsonError, toJson } from '../core/json.ts';
import { TooLargeError } from '../core/limits.ts';
import type { Attempt } from './attempt.ts';
import type { LinedUp } from './call-turns.ts';
import { insideEffect } from './inside-effect.ts';
import { logFields } from './telemetry.ts';

export interface Effect<R> {
  readonly kind: 'effect' | 'tool';
  readonly name: string;
  /** Its key in the ledger. */
  readonly call: string;
  /** Its key for the other side. */
  readonly idempotencyKey: string;
  /** What is asked, as far as the platform can see it. */
  readonly requestHash?: string;
  readonly whenUnknown: WhenUnknown<R>;
  /** One of the contract's: every call to the other side lines up for it. */
  readonly quota?: string | undefined;
  readonly perform: (idempotencyKey: string) => Promise<R>;
}

/** An effect that is begun now: its number among the calls. */
interface Begun {
  readonly ordinal: number;
  readonly startedMs: number;
  /** It may have happened before, and nobody has looked: a refusal of the repeat says nothing of that. */
  readonly isInDoubt: boolean;
  readonly quotaWaitMs: number;
}

export const performEffect = <R>(attempt: Attempt, effect: Effect<R>): Promise<R> =>
  attempt.once(effect.call, async () => {
    refuseUndeclaredQuota(attempt, effect);
    const record = await attempt.readCall(effect.call);
    if (record === null) return performFirst(attempt, effect);
    const decision = decideEffect(record, effect.whenUnknown);
    switch (decision.kind) {
      case 'replay':
        return resultOf<R>(decision.result);
      case 'unkept':
        throw unkeptError(decision.unkept);
      case 'call':
        return perform(attempt, effect, record);
      case 'uncertain':
        return resolve(attempt, effect, record, decision.policy);
    }
  });

/** An effect that nobody has begun in this run. */
async function performFirst<R>(attempt: Attempt, effect: Effect<R>): Promise<R> {
  const { origin, message } = attempt.parts;
  const recorded = origin && (await attempt.readOriginCall(origin, effect.call));
  const replay = message.reaction?.replay;
  const decision = decideNewEffect({ origin, recorded, ...(replay && { replay }) });
  switch (decision.kind) {
    case 'perform':
      return perform(attempt, effect, null);
    case 'take-over':
      return takeOver(attempt, effect, decision);
    case 'blocked':
      throw new TerminalError(`${effectLabel(effect)} ${decision.why}`, {
        code: 'EFFECT_BLOCKED',
      });
  }
}

/** Records the result of the run's origin as its own. */
async function takeOver<R>(
  attempt: Attempt,
  effect: Effect<R>,
  { from, recorded: { result, unkept } }: { readonly from: string; readonly recorded: CallRecord },
): Promise<R> {
  const { ordinal } = begin(attempt);
  const data = { ...factOf(effect), durationMs: 0, reusedFrom: from };
  const events = [attempt.callEvent('signalbox.call.succeeded', ordinal, data)];
  const kept = { ...(result !== undefined && { result }), ...(unkept && { unkept }) };
  await attempt.writeCall({ call: effect.call, state: 'succeeded', events, ...kept }, null);
  if (unkept) throw unkeptError(unkept);
  return resultOf<R>(result);
}

/** Nobody knows whether the effect happened: its policy decides. */
async function resolve<R>(
  attempt: Attempt,
  effect: Effect<R>,
  record: CallRecord,
  policy: 'retry' | 'fail' | 'reconcile',
): Promise<R> {
  const { idempotencyKey, whenUnknown } = effect;
  const begun = begin(attempt);
  const uncertain = attempt.callEvent('signalbox.call.uncertain', begun.ordinal, {
    ...factOf(effect),
    policy,
  });
  attempt.parts.journal.add(uncertain);
  if (policy === 'fail') {
    throw new TerminalError(
      `nobody knows whether ${effectLabel(effect)} happened: it was begun, and its end is not recorded. Its policy is "fail": look for key ${idempotencyKey} on the other side, then decide.`,
      { code: 'EFFECT_UNCERTAIN' },
    );
  }
  if (typeof whenUnknown === 'object') {
    const answer = await attempt.turns.make(linedUp(effect), async () => ({
      value: await whenUnknown.reconcile(idempotencyKey, attempt.signal),
      tokens: 0,
    }));
    if (answer !== 'absent') {
      return succeed(attempt, effect, begun, record, { value: answer.found, events: [uncertain] });
    }
  }
  const repeated = { ...begun, isInDoubt: policy === 'retry' };
  return perform(attempt, effect, record, { begun: repeated, events: [uncertain] });
}

/**
 * Calls the other side in its turn, and records what came of it.
 * @param doubt what was done about it before, under the number of this call
 */
async function perform<R>(
  attempt: Attempt,
  effect: Effect<R>,
  previous: CallRecord | null,
  doubt?: { readonly begun: Begun; readonly events: readonly SignalboxEvent[] },
): Promise<R> {
  let latest = previous;
  let before = doubt;
  const { begun, intent, value } = await attempt.turns.make(
    linedUp(effect),
    async (quotaWaitMs) => {
      const started = { ...(before?.begun ?? begin(attempt)), quotaWaitMs };
      const events = before?.events ?? [];
      before = undefined;
      const call = await callOnce(attempt, effect, started, { previous: latest, events });
      latest = call.record;
      if ('thrown' in call) throw call.thrown;
      return { value: { begun: started, intent: call.record, value: call.value }, tokens: 0 };
    },
  );
  return succeed(attempt, effect, begun, intent, { value, events: [] });
}

type Called<R> = { readonly record: CallRecord } & (
  | { readonly value: R }
  | { readonly thrown: unknown }
);

/** One call: what it gave or threw, and what is on record of it then. */
async function callOnce<R>(
  attempt: Attempt,
  effect: Effect<R>,
  begun: Begun,
  {
    previous,
    events: before,
  }: {
    readonly previous: CallRecord | null;
    readonly events: readonly SignalboxEvent[];
  },
): Promise<Called<R>> {
  const { call, idempotencyKey } = effect;
  const started = attempt.callEvent('signalbox.call.started', begun.ordinal, factOf(effect));
  const events = [...owedOf(attempt, previous), ...before, started];
  const intent = await attempt.writeCall({ call, state: 'started', events }, previous);
  attempt.assertLive();
  try {
    const value = await insideEffect(effectLabel(effect), () => effect.perform(idempotencyKey));
    return { record: intent, value };
  } catch (thrown) {
    return { record: await recordFailure(attempt, effect, begun, { intent, thrown }), thrown };
  }
}

/** Gives what is on record then. Never rejects: the author's error says more than that it could not be recorded. */
async function recordFailure<R>(
  attempt: Attempt,
  effect: Effect<R>,
  begun: Begun,
  { intent, thrown }: { readonly intent: CallRecord; readonly thrown: unknown },
): Promise<CallRecord> {
  const { journal, message, telemetry } = attempt.parts;
  const failed = failedEvent(attempt, effect, begun, thrown);
  journal.add(failed);
  if (begun.isInDoubt || !isKnownFailure(thrown, attempt.signal)) return intent;
  const { call, events } = intent;
  try {
    return await attempt.writeCall({ call, state: 'failed', events: [...events, failed] }, intent);
  } catch (error) {
    const fields = { ...logFields(message), call, error };
    telemetry.log('warn', 'a failed effect stays on record as begun: nobody can tell', fields);
    return intent;
  }
}

async function succeed<R>(
  attempt: Attempt,
  effect: Effect<R>,
  begun: Begun,
  previous: CallRecord,
  end: { readonly value: R; readonly events: readonly SignalboxEvent[] },
): Promise<R> {
  const succeeded = attempt.callEvent('signalbox.call.succeeded', begun.ordinal, {
    ...factOf(effect),
    durationMs: elapsedMs(begun.startedMs, attempt.parts.system.now()),
    ...(begun.quotaWaitMs > 0 && { quotaWaitMs: begun.quotaWaitMs }),
  });
  const entry = {
    call: effect.call,
    state: 'succeeded',
    events: [...owedOf(attempt, previous), ...end.events, succeeded],
  } as const;
  try {
    // Recorded as JSON and returned as JSON: a replay gives exactly what the first call gave.
    const result: unknown = end.value === undefined ? undefined : JSON.parse(toJson(end.value));
    await attempt.writeCall({ ...entry, ...(result !== undefined && { result }) }, previous);
    return resultOf<R>(result);
  } catch (error) {
    if (!(error instanceof NotJsonError || error instanceof TooLargeError)) throw error;
    const unkept = unkeptResult(effectLabel(effect), error);
    await attempt.writeCall({ ...entry, unkept }, previous);
    throw unkeptError(unkept);
  }
}

/** What the record has to go on holding: an effect that is tried again and again must not outgrow it. */
const owedOf = ({ parts: { journal } }: Attempt, previous: CallRecord | null) =>
  (previous?.events ?? []).filter(({ id }) => journal.isWaiting(id));

const unkeptError = ({ code, message }: NonNullable<CallRecord['unkept']>): TerminalError =>
  new TerminalError(message, { code });

const begin = (attempt: Attempt): Begun => ({
  ordinal: attempt.nextCall(),
  startedMs: attempt.parts.system.now(),
  isInDoubt: false,
  quotaWaitMs: 0,
});

const linedUp = <R>({ call, name, quota }: Effect<R>): LinedUp => ({
  call,
  name,
  quotas: quota === undefined ? [] : [quota],
  tokens: 0,
});

function refuseUndeclaredQuota<R>({ parts }: Attempt, effect: Effect<R>): void {
  const { quotas } = agentSettings(parts.contract);
  if (effect.quota === undefined || quotas.includes(effect.quota)) return;
  throw new TerminalError(
    `${effectLabel(effect)} lines up for quota "${effect.quota}", which the contract of agent "${parts.contract.name}" does not name; it names: ${quotas.join(', ') || 'none'}. Add it to the contract's quotas.`,
  );
}

const factOf = <R>({ name, kind, requestHash }: Effect<R>) => ({
  call: name,
  kind,
  ...(requestHash !== undefined && { requestHash }),
});

function failedEvent<R>(
  attempt: Attempt,
  effect: Effect<R>,
  begun: Begun,
  thrown: unknown,
): SignalboxEvent {
  const { code, message } = failureOf(thrown);
  const durationMs = elapsedMs(begun.startedMs, attempt.parts.system.now());
  return attempt.callEvent('signalbox.call.failed', begun.ordinal, {
    ...factOf(effect),
    durationMs,
    code,
    message,
  });
}

/** The one place where a recorded result gets its type back: the author named it when it was recorded. */
const resultOf = <R>(recorded: unknown): R => recorded as R;
