import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type {
  Owed,
  OwedDrop,
  OwedReaction,
  ReactionsRecord,
} from '#runtime/contracts/reactions.ts';
import type {
  DeployedSubscriptions,
  EventRule,
  JoinRule,
  SubscriptionRule,
} from '#runtime/contracts/subscriptions.ts';
import { newEvent } from '#runtime/core/event.ts';
import { failed, failure } from '#runtime/core/failure.ts';
import { decideEvent, type ReplayRequest } from '#runtime/core/react/decide-event.ts';
import { onLook } from '#runtime/core/react/look.ts';
import { reactionMessage } from '#runtime/core/react/message.ts';
import { noReactions } from '#runtime/core/react/state.ts';
import { stepEnded } from '#runtime/core/step-events.ts';
import { sampleRun } from '../../conformance/samples.ts';

const RUN = 'r'.repeat(26);
export const T0 = Date.UTC(2026, 4, 1, 12);
const SCOPE = { run: RUN, root: RUN, gen: 0, tenant: 'default', workflow: 'chat' } as const;

export const record = sampleRun(RUN, 1, {
  kind: 'reactive',
  workflow: 'chat',
  acceptedAt: new Date(T0).toISOString(),
  deadlineAt: new Date(T0 + 3_600_000).toISOString(),
});

export const on = (name: string, type: string, more: Partial<EventRule> = {}): EventRule => ({
  kind: 'event',
  name,
  agent: `${name}-agent`,
  maxAttempts: 4,
  type,
  where: {},
  perRun: 'parallel',
  previous: {},
  ...more,
});

export const onAll = (
  name: string,
  types: JoinRule['types'],
  more: Partial<JoinRule> = {},
): JoinRule => ({
  kind: 'join',
  name,
  agent: `${name}-agent`,
  maxAttempts: 4,
  types,
  per: 'run',
  timeoutSeconds: 30,
  ...more,
});

/** An event from outside, `n` seconds after the run was accepted. */
export function external(type: string, data: unknown, n = 0): SignalboxEvent {
  const scope = { ...SCOPE, source: 'signalbox/api', fence: 0 };
  const made = newEvent(scope, { type, data, ordinal: n, atMs: T0 + n * 1000 });
  return { ...made, origin: made.id, hops: 0 };
}

/** An event that the step at `path` has emitted. */
export const emitted = (
  type: string,
  data: unknown,
  more: { path?: string; cause?: SignalboxEvent; n?: number; hops?: number; replay?: string } = {},
): SignalboxEvent => {
  const { path = 'search@0', cause, n = 0, hops = 1, replay } = more;
  const step = { path, attempt: '0.0' };
  const scope = { ...SCOPE, source: 'signalbox/agent/search', step, fence: 1 };
  return {
    ...newEvent(scope, { type, data, ordinal: n, atMs: T0 + 1000 + n * 1000 }),
    cause: cause?.id ?? 'c',
    origin: cause?.origin ?? 'o',
    hops,
    ...(replay !== undefined && { replay }),
  };
};

/** A run's reactions in the hands of one who decides. */
export class Reacting {
  readonly subscriptions: DeployedSubscriptions;
  state: ReactionsRecord = noReactions(record, T0);
  nowMs = T0;

  constructor(
    rules: readonly SubscriptionRule[],
    more: Partial<Omit<DeployedSubscriptions, 'rules'>> = {},
  ) {
    const times = { quietSeconds: 60, deadlineSeconds: 3600 };
    this.subscriptions = { name: 'chat', version: 'v1', rules, ...times, ...more };
  }

  /** @returns what is owed because of these events */
  on(events: SignalboxEvent | readonly SignalboxEvent[], replay?: ReplayRequest): readonly Owed[] {
    return this.#decide(() => {
      const moment = { subscriptions: this.subscriptions, nowMs: this.nowMs, replay };
      for (const event of [events].flat()) this.state = decideEvent(this.state, event, moment);
    });
  }

  /** @returns what is owed because of a look at this many seconds after the acceptance */
  look(atSeconds: number, run = record): readonly Owed[] {
    this.nowMs = T0 + atSeconds * 1000;
    return this.#decide(() => {
      this.state = onLook(this.state, run, {
        subscriptions: this.subscriptions,
        nowMs: this.nowMs,
      });
    });
  }

  /** The step of a reaction ends. */
  end(reaction: OwedReaction | undefined, isGood = true): readonly Owed[] {
    if (!reaction) throw new TypeError('no such reaction');
    const message = reactionMessage(this.state, reaction, () => ({}));
    const result = isGood
      ? ({ status: 'succeeded', output: {} } as const)
      : failed(failure('TERMINAL', 'it cannot be done'));
    const end = { fence: 1, attempt: 1, result, atMs: this.nowMs, durationMs: 5 };
    return this.on(stepEnded(message, end));
  }

  #decide(change: () => void): readonly Owed[] {
    const before = this.state.owed;
    change();
    const { owed } = this.state;
    this.state = { ...this.state, owed: [] };
    return owed.filter((one) => !before.includes(one));
  }
}

export const reactionsIn = (owed: readonly Owed[]): readonly OwedReaction[] =>
  owed.filter((one) => one.kind === 'reaction');

export const pathsIn = (owed: readonly Owed[]): readonly string[] =>
  reactionsIn(owed).map(({ rule, n }) => `${rule}@${n}`);

export const dropsIn = (owed: readonly Owed[]): readonly OwedDrop[] =>
  owed.filter((one) => one.kind === 'dropped');

export const alarmIn = (owed: readonly Owed[]): number | null =>
  owed.find((one) => one.kind === 'alarm')?.dueAtMs ?? null;

export const isEndIn = (owed: readonly Owed[]): boolean =>
  owed.some(({ kind }) => kind === 'ended');
