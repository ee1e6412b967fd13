import type { FailureView } from '#runtime/contracts/api.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { PlatformEventData, PlatformEventType } from '#runtime/contracts/event-types.ts';
import { platformEvent } from '#runtime/core/event.ts';

/** The run that stories are about. */
export const RUN = 'storystorystorystorystory0';
export const T0 = Date.UTC(2026, 0, 1);

interface Place {
  readonly gen?: number;
  readonly fence?: number;
  readonly path?: string;
  /** `redrive.retry` */
  readonly attempt?: string;
  readonly ordinal?: number;
}

/** An event of the run, `atMs` after it was accepted. */
export const told = <T extends PlatformEventType>(
  type: T,
  atMs: number,
  data: PlatformEventData<T>,
  place: Place = {},
): SignalboxEvent => {
  const { gen = 0, fence = 0, path, attempt = '0.0', ordinal = 0 } = place;
  return platformEvent(
    {
      source: 'signalbox/test',
      run: RUN,
      root: RUN,
      gen,
      tenant: 'default',
      workflow: 'support',
      fence,
      ...(path !== undefined && { step: { path, attempt } }),
    },
    { type, atMs: T0 + atMs, data, ordinal },
  );
};

export const accepted = (tags: Record<string, string> = { customer: 'c-1' }): SignalboxEvent =>
  told('signalbox.run.accepted', 0, {
    inputHash: 'h',
    tags,
    deadlineAt: new Date(T0 + 120_000).toISOString(),
  });

export const started = (atMs: number): SignalboxEvent => told('signalbox.run.started', atMs, {});

export const succeeded = (atMs: number, output: unknown = { kind: 'answered' }): SignalboxEvent =>
  told('signalbox.run.succeeded', atMs, { durationMs: atMs, output });

export const failedWith = (atMs: number, error: string, cause = ''): SignalboxEvent =>
  told('signalbox.run.failed', atMs, { durationMs: atMs, error, cause });

export const failure = (code: string, name: string, message = 'why'): FailureView => ({
  code,
  name,
  message,
  retryable: name === 'Agent.Retryable',
  fingerprint: 'f',
});

/** The run goes on with its next generation. */
export const resumed = (atMs: number, gen: number, reason?: string): SignalboxEvent =>
  told(
    'signalbox.run.accepted',
    atMs,
    {
      inputHash: 'h',
      tags: { customer: 'c-1' },
      deadlineAt: new Date(T0 + atMs + 120_000).toISOString(),
      ...(reason !== undefined && { reason }),
    },
    { gen },
  );

export const stopped = (atMs: number, message: string, gen = 0): SignalboxEvent =>
  told(
    'signalbox.run.stopped',
    atMs,
    {
      durationMs: atMs,
      error: 'Agent.Stopped',
      cause: JSON.stringify({ code: 'STOPPED', message }),
    },
    { gen },
  );

/** Events of one attempt of a step; `attempt` is its retry count. */
export const step = (path: string, retry = 0, gen = 0) => {
  const at = (fence: number) => ({ path, attempt: `0.${retry}`, fence, gen });
  const agent = `do-${path}`;
  return {
    queued: (atMs: number) =>
      told('signalbox.step.queued', atMs, { agent, attempt: retry + 1 }, at(0)),
    claimed: (atMs: number, fence = retry + 1, start = 1) =>
      told('signalbox.step.started', atMs, { agent, start }, at(fence)),
    succeeded: (atMs: number, fence = retry + 1) =>
      told('signalbox.step.succeeded', atMs, { agent, durationMs: 1 }, at(fence)),
    stopped: (atMs: number, fence = retry + 1) =>
      told(
        'signalbox.step.stopped',
        atMs,
        { agent, durationMs: 1, failure: failure('STOPPED', 'Agent.Stopped') },
        at(fence),
      ),
    reused: (atMs: number, reusedFrom: string) =>
      told('signalbox.step.succeeded', atMs, { agent, durationMs: 0, reusedFrom }, at(1)),
    deferred: (atMs: number, fence = retry + 1, seq = 1) =>
      told(
        'signalbox.step.deferred',
        atMs,
        {
          agent,
          seq,
          dueAt: new Date(T0 + atMs + 1000).toISOString(),
          code: 'MODEL_THROTTLED',
          message: 'slow down',
        },
        at(fence),
      ),
    retried: (atMs: number, why: FailureView, fence = retry + 1) =>
      told('signalbox.step.retried', atMs, { agent, durationMs: 1, failure: why }, at(fence)),
    failed: (atMs: number, why: FailureView, fence = retry + 1) =>
      told('signalbox.step.failed', atMs, { agent, durationMs: 1, failure: why }, at(fence)),
    callStarted: (
      atMs: number,
      call: string,
      kind: 'model' | 'effect',
      fence = retry + 1,
      ordinal = 0,
    ) => told('signalbox.call.started', atMs, { call, kind }, { ...at(fence), ordinal }),
    called: (
      atMs: number,
      call: string,
      kind: 'model' | 'effect',
      durationMs: number,
      fence = retry + 1,
      ordinal = 0,
    ) =>
      told('signalbox.call.succeeded', atMs, { call, kind, durationMs }, { ...at(fence), ordinal }),
    uncertain: (atMs: number, call: string, fence = retry + 1, ordinal = 0) =>
      told(
        'signalbox.call.uncertain',
        atMs,
        { call, kind: 'effect', policy: 'retry' },
        { ...at(fence), ordinal },
      ),
  };
};

/** The shortest whole story: two steps, one model call, an end. */
export function shortStory(): readonly SignalboxEvent[] {
  const [intent, answer] = [step('intent'), step('answer')];
  return [
    accepted(),
    started(50),
    intent.queued(60),
    intent.claimed(100),
    intent.succeeded(300),
    answer.queued(310),
    answer.claimed(400),
    answer.called(1200, 'model:answer', 'model', 700),
    answer.succeeded(1300),
    succeeded(1400),
  ];
}
