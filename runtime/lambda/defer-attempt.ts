/**
 * Puts a running step off: it goes on with a copy of its message.
 *
 * Order: the deferral on record with its events, the events in the stream, the copy in the queue, and
 * only then the message goes. Whatever breaks between, the message comes back and finds what is owed
 * (core/deferral.ts).
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { StepDeferral, StepOutcome } from '../contracts/ledger.ts';
import type { QuotaTicket } from '../contracts/quota.ts';
import { attemptOf, type TaskMessage } from '../contracts/task-message.ts';
import { copyBody, copyDelaySeconds, type Postponed } from '../core/defer-step.ts';
import { TooLargeError } from '../core/limits.ts';
import { canBeOwed, TICKETS_MAX } from '../core/outcome-size.ts';
import { stepDeferred } from '../core/step-events.ts';
import type { DoorPorts } from './door-ports.ts';
import type { HeldStep } from './held-step.ts';
import { logFields } from './telemetry.ts';

interface Deferred {
  /** As it came from the queue. */
  readonly body: string;
  readonly message: TaskMessage;
  readonly postponed: Postponed;
  readonly next: Pick<StepDeferral, 'seq' | 'turns' | 'dueAtMs'>;
  /** Places in quotas' lines that it takes along. */
  readonly tickets: readonly QuotaTicket[];
  /** Events that the stream has not confirmed. */
  readonly unconfirmed: readonly SignalboxEvent[];
}

/** Resolves with `deferred` when a copy goes on; otherwise with what `HeldStep.defer` found instead. */
export async function deferAttempt(
  ports: DoorPorts,
  held: HeldStep,
  deferred: Deferred,
): Promise<'deferred' | 'lost' | StepOutcome> {
  const { body, message, postponed, next, tickets, unconfirmed } = deferred;
  const { seq, turns = 0, dueAtMs } = next;
  const atMs = ports.system.now();
  const { fence } = held;
  const { failure, turn } = postponed;
  const waitsFor = turn ? { quota: turn.quota } : {};
  const own = stepDeferred(message, { fence, seq, dueAtMs, failure, ...waitsFor, atMs });
  const deferral = {
    attempt: attemptOf(message),
    fence,
    seq,
    ...(turns > 0 && { turns }),
    dueAtMs,
    carriedFrom: 0,
    ...(tickets.length > 0 && { tickets: tickets.slice(0, TICKETS_MAX) }),
    events: [...unconfirmed, own],
  };
  const recorded = await record(ports, held, deferral, { own, atMs });
  if (recorded !== 'deferred') return recorded;
  await ports.events.append(deferral.events);
  await ports.queue.send({
    body: copyBody(body, seq),
    delaySeconds: copyDelaySeconds(dueAtMs, ports.system.now()),
    group: message.run.tenant,
  });
  ports.telemetry.count('AttemptsDeferred');
  ports.telemetry.log('info', 'the attempt was deferred', {
    ...logFields(message),
    code: failure.code,
    failure: failure.message,
    dueAt: new Date(dueAtMs).toISOString(),
    seq,
  });
  return recorded;
}

/** Events that do not fit into the record are told before, so that they need not be in it (R4). */
async function record(
  { events }: DoorPorts,
  held: HeldStep,
  deferral: StepDeferral,
  { own, atMs }: { readonly own: SignalboxEvent; readonly atMs: number },
): Promise<'deferred' | 'lost' | StepOutcome> {
  try {
    if (canBeOwed(deferral.events)) return await held.defer(deferral, atMs);
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
  }
  await events.append(deferral.events.filter(({ id }) => id !== own.id));
  return held.defer({ ...deferral, events: [own] }, atMs);
}
