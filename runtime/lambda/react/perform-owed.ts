/**
 * Does what a run's record owes.
 *
 * Order: everything else, then the end of the run: whoever hears of that finds all the rest told.
 * Invariants
 * O1. What is owed is on record before it is done, and taken out after: a crash between the two has it
 *     done again, with the same message or event.
 * O2. What can be done is done and noted, whatever else fails; the failure is thrown afterwards.
 */
import type { Owed, OwedReaction, ReactionsRecord } from '../../contracts/reactions.ts';
import { MESSAGE_MAX_BYTES, TooLargeError } from '../../core/limits.ts';
import { eventsIn, pathOf, reactionMessage } from '../../core/react/message.ts';
import { refuseTooLarge, withoutOwed } from '../../core/react/owed.ts';
import type { Moment } from '../../core/react/state.ts';
import { timerFor } from '../../core/react/timer.ts';
import { droppedEvent, endEvent, startedEvent } from '../../core/react/told.ts';
import { tellStatus } from '../tell-status.ts';
import type { ReactPorts } from './react-ports.ts';
import { EventGoneError, type RecordedEvents } from './recorded-events.ts';

/** What one thing that was owed has come to. */
type Fate = { readonly kind: 'done' } | { readonly kind: 'too-large'; readonly why: string };

export interface OwedContext {
  readonly subscriptions: Moment['subscriptions'];
  readonly recorded: RecordedEvents;
}

/** @throws what kept a part of it from being done */
export async function performOwed(
  ports: ReactPorts,
  record: ReactionsRecord,
  context: OwedContext,
): Promise<void> {
  let left: ReactionsRecord | null = record;
  while (left && left.owed.length > 0) {
    const state: ReactionsRecord = left;
    const fates = await fatesOf(ports, state, context);
    const done = fates.flatMap(({ owed, fate }) =>
      fate.status === 'fulfilled' && fate.value.kind === 'done' ? [owed] : [],
    );
    const refused = fates.flatMap(({ owed, fate }) =>
      owed.kind === 'reaction' && fate.status === 'fulfilled' && fate.value.kind === 'too-large'
        ? [{ reaction: owed, why: fate.value.why }]
        : [],
    );
    const noted: ReactionsRecord | null = await note(ports, state, context, { done, refused });
    for (const { fate } of fates) if (fate.status === 'rejected') throw fate.reason;
    // What was refused makes room for others.
    left = refused.length > 0 ? noted : null;
  }
}

interface OwedFate {
  readonly owed: Owed;
  readonly fate: PromiseSettledResult<Fate>;
}

async function fatesOf(
  ports: ReactPorts,
  state: ReactionsRecord,
  context: OwedContext,
): Promise<readonly OwedFate[]> {
  const all = async (some: readonly Owed[]): Promise<OwedFate[]> => {
    const fates = await Promise.allSettled(
      some.map((owed) => perform(ports, state, owed, context)),
    );
    return fates.flatMap((fate, i) => {
      const owed = some[i];
      return owed ? [{ owed, fate }] : [];
    });
  };
  const first = await all(state.owed.filter(({ kind }) => kind !== 'ended'));
  return [...first, ...(await all(state.owed.filter(({ kind }) => kind === 'ended')))];
}

async function perform(
  ports: ReactPorts,
  state: ReactionsRecord,
  owed: Owed,
  { recorded }: OwedContext,
): Promise<Fate> {
  switch (owed.kind) {
    case 'started':
      await ports.events.append([startedEvent(state)]);
      return DONE;
    case 'dropped':
      await ports.events.append([droppedEvent(state, owed)]);
      return DONE;
    case 'alarm':
      await ports.timers.put(timerFor({ run: state.run, dueAtMs: owed.dueAtMs }));
      return DONE;
    case 'reaction':
      return send(ports, state, owed, recorded);
    case 'ended':
      await tellEnd(ports, state, recorded);
      return DONE;
  }
}

const DONE: Fate = { kind: 'done' };

async function send(
  { dispatcher, telemetry }: ReactPorts,
  state: ReactionsRecord,
  reaction: OwedReaction,
  recorded: RecordedEvents,
): Promise<Fate> {
  const parts = eventsIn(reaction);
  const data = await Promise.all(parts.map((part) => recorded.dataOf(state, part)));
  const byId = new Map(parts.map(({ id }, i) => [id, data[i]]));
  const body = JSON.stringify(reactionMessage(state, reaction, ({ id }) => byId.get(id)));
  const bytes = Buffer.byteLength(body);
  if (bytes > MESSAGE_MAX_BYTES) return tooLarge(bytes);
  const { agent } = reaction;
  const { tenant } = state.envelope;
  try {
    await dispatcher.send({ agent, body, group: tenant, delaySeconds: 0 });
  } catch (error) {
    if (error instanceof TooLargeError) return tooLarge(bytes);
    throw error;
  }
  telemetry.log('info', 'an agent reacts', {
    run: state.run,
    path: pathOf(reaction),
    agent,
    cause: reaction.cause,
  });
  return DONE;
}

const tooLarge = (bytes: number): Fate => ({
  kind: 'too-large',
  why: `the task message is ${bytes} bytes; allowed: ${MESSAGE_MAX_BYTES}. Let the events carry references to what is large.`,
});

async function tellEnd(
  ports: ReactPorts,
  state: ReactionsRecord,
  recorded: RecordedEvents,
): Promise<void> {
  const { run, end } = state;
  const record = end && (await ports.runs.read(run));
  if (!end || !record) return;
  const output = end.output && (await recorded.dataOf(state, end.output).catch(unlessGone));
  await tellStatus(ports, record, endEvent(state, end, output));
}

/** A run whose output is on record nowhere any more ends without it. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof EventGoneError)) throw error;
}

/** Whoever changes the record so often does what is left, too. */
const NOTE_ROUNDS = 3;

/** @returns the record as it was written; `null` when others were faster: what was done may be done again then */
async function note(
  { reactions, system }: ReactPorts,
  state: ReactionsRecord,
  { subscriptions }: OwedContext,
  fates: {
    readonly done: readonly Owed[];
    readonly refused: readonly { readonly reaction: OwedReaction; readonly why: string }[];
  },
): Promise<ReactionsRecord | null> {
  let current: ReactionsRecord | null = state;
  for (let round = 0; current && round < NOTE_ROUNDS; round += 1) {
    const moment = { subscriptions, nowMs: system.now() };
    const next = fates.refused.reduce(
      (left, { reaction, why }) => refuseTooLarge(left, reaction, why, moment),
      withoutOwed(current, fates.done),
    );
    if (next === current) return current;
    const record: ReactionsRecord = { ...next, rev: current.rev + 1 };
    const put = await reactions.put({ record, expectedRev: current.rev });
    if (put.kind === 'written') return record;
    current = put.current;
  }
  return null;
}
