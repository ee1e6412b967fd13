/**
 * Performs an effect once per run, path and name (R2).
 *
 * Order of writes: intent, call, result. A worker that dies between the last two leaves an intent
 * without a result, and `whenUnknown` decides (core/effect.ts).
 */
import type { WhenUnknown } from '../contracts/agent-context.ts';
import { TerminalError } from '../contracts/errors.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { CallRecord } from '../contracts/ledger.ts';
import {
  decideEffect,
  effectCall,
  idempotencyKey,
  isKnownFailure,
  unkeptResult,
} from '../core/effect.ts';
import { elapsedMs } from '../core/elapsed.ts';
import { failureOf } from '../core/failure.ts';
import { NotJsonError, toJson } from '../core/json.ts';
import { TooLargeError } from '../core/limits.ts';
import type { Attempt } from './attempt.ts';
import { insideEffect } from './inside-effect.ts';
import { logFields } from './telemetry.ts';

interface Effect<R> {
  readonly name: string;
  readonly whenUnknown: WhenUnknown<R>;
  readonly call: (idempotencyKey: string) => Promise<R>;
}

/** An effect that is begun now: its number among the calls, its key for the other side. */
interface Begun {
  readonly ordinal: number;
  readonly key: string;
  readonly startedMs: number;
}

export const performEffect = <R>(attempt: Attempt, effect: Effect<R>): Promise<R> =>
  attempt.once(effectCall(effect.name), async () => {
    const record = await attempt.readCall(effectCall(effect.name));
    const decision = decideEffect(record, effect.whenUnknown);
    switch (decision.kind) {
      case 'replay':
        return resultOf<R>(decision.result);
      case 'unkept':
        throw unkeptError(decision.unkept);
      case 'call':
        return perform(attempt, effect, begin(attempt, effect), record, []);
      case 'uncertain':
        return resolve(attempt, effect, record, decision.policy);
    }
  });

/** Nobody knows whether the effect happened: its policy decides. */
async function resolve<R>(
  attempt: Attempt,
  effect: Effect<R>,
  record: CallRecord | null,
  policy: 'retry' | 'fail' | 'reconcile',
): Promise<R> {
  const { name, whenUnknown } = effect;
  const begun = begin(attempt, effect);
  const uncertain = attempt.callEvent('signalbox.call.uncertain', begun.ordinal, {
    ...factOf(effect),
    policy,
  });
  attempt.parts.journal.add(uncertain);
  if (policy === 'fail') {
    throw new TerminalError(
      `nobody knows whether effect "${name}" happened: it was begun, and its end is not recorded. Its policy is "fail": look for key ${begun.key} on the other side, then decide.`,
      { code: 'EFFECT_UNCERTAIN' },
    );
  }
  if (typeof whenUnknown === 'object') {
    const answer = await whenUnknown.reconcile(begun.key, attempt.signal);
    if (answer !== 'absent') {
      return succeed(attempt, effect, begun, record, { value: answer.found, events: [uncertain] });
    }
  }
  return perform(attempt, effect, begun, record, [uncertain]);
}

async function perform<R>(
  attempt: Attempt,
  effect: Effect<R>,
  begun: Begun,
  previous: CallRecord | null,
  before: readonly SignalboxEvent[],
): Promise<R> {
  const call = effectCall(effect.name);
  const started = attempt.callEvent('signalbox.call.started', begun.ordinal, factOf(effect));
  const events = [...(previous?.events ?? []), ...before, started];
  const intent = await attempt.writeCall({ call, state: 'started', events }, previous);
  attempt.assertLive();
  const value = await insideEffect(effect.name, () => effect.call(begun.key)).catch(
    async (thrown: unknown) => {
      await recordFailure(attempt, effect, begun, { intent, thrown });
      throw thrown;
    },
  );
  return succeed(attempt, effect, begun, intent, { value, events: [] });
}

/** Never rejects: the author's error says more than that it could not be recorded. */
async function recordFailure<R>(
  attempt: Attempt,
  effect: Effect<R>,
  begun: Begun,
  { intent, thrown }: { readonly intent: CallRecord; readonly thrown: unknown },
): Promise<void> {
  const { journal, message, telemetry } = attempt.parts;
  const failed = failedEvent(attempt, effect, begun, thrown);
  journal.add(failed);
  if (!isKnownFailure(thrown, attempt.signal)) return;
  const { call, events } = intent;
  try {
    await attempt.writeCall({ call, state: 'failed', events: [...events, failed] }, intent);
  } catch (error) {
    const fields = { ...logFields(message), effect: effect.name, error };
    telemetry.log('warn', 'a failed effect stays on record as begun: nobody can tell', fields);
  }
}

async function succeed<R>(
  attempt: Attempt,
  effect: Effect<R>,
  begun: Begun,
  previous: CallRecord | null,
  end: { readonly value: R; readonly events: readonly SignalboxEvent[] },
): Promise<R> {
  const succeeded = attempt.callEvent('signalbox.call.succeeded', begun.ordinal, {
    ...factOf(effect),
    durationMs: elapsedMs(begun.startedMs, attempt.parts.system.now()),
  });
  const entry = {
    call: effectCall(effect.name),
    state: 'succeeded',
    events: [...(previous?.events ?? []), ...end.events, succeeded],
  } as const;
  try {
    // Recorded as JSON and returned as JSON: a replay gives exactly what the first call gave.
    const result: unknown = end.value === undefined ? undefined : JSON.parse(toJson(end.value));
    await attempt.writeCall({ ...entry, ...(result !== undefined && { result }) }, previous);
    return resultOf<R>(result);
  } catch (error) {
    if (!(error instanceof NotJsonError || error instanceof TooLargeError)) throw error;
    const unkept = unkeptResult(effect.name, error);
    await attempt.writeCall({ ...entry, unkept }, previous);
    throw unkeptError(unkept);
  }
}

const unkeptError = ({ code, message }: NonNullable<CallRecord['unkept']>): TerminalError =>
  new TerminalError(message, { code });

const begin = <R>(attempt: Attempt, { name }: Effect<R>): Begun => {
  const { message, system } = attempt.parts;
  return {
    ordinal: attempt.nextCall(),
    key: idempotencyKey(message.run.id, message.step.path, name),
    startedMs: system.now(),
  };
};

const factOf = <R>({ name }: Effect<R>) => ({ call: name, kind: 'effect' }) as const;

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
