/**
 * The events of a wait, and the results that it ends with.
 *
 * Invariants
 * N1. What is told of a wait's opening follows from the message and from what the ledger has of it: every
 *     delivery tells the same (V4). No event holds the token (T2).
 */
import type { Failure } from '../../contracts/errors.ts';
import type { SignalboxEvent } from '../../contracts/event.ts';
import type { StepResult } from '../../contracts/ledger.ts';
import { type Approved, type OpenWait, WAIT_SERVER } from '../../contracts/wait.ts';
import { platformEvent } from '../event.ts';
import { failed, failure } from '../failure.ts';
import { jsonBytes } from '../partial-output.ts';
import { stepQueued, stepScope } from '../step-events.ts';
import { inputOf } from './waits.ts';

/** What the world is told of a wait that is open. */
export function waitOpened(wait: OpenWait): readonly SignalboxEvent[] {
  const { message, openedAt, until } = wait;
  const input = inputOf(wait);
  const scope = stepScope(message, 0);
  const atMs = Date.parse(openedAt);
  const waiting = platformEvent(scope, {
    type: 'signalbox.step.waiting',
    atMs,
    data: {
      agent: WAIT_SERVER,
      for: input.for === 'event' ? input.event : input.for,
      until,
    },
  });
  const begun = [stepQueued(message, 1), waiting];
  if (input.for === 'event') return begun;
  const { title, options, show } = input;
  const requested = platformEvent(scope, {
    type: 'signalbox.approval.requested',
    atMs,
    data: { title, options, until, ...(show !== undefined && { show }) },
  });
  return [...begun, requested];
}

/** @param fence of the step's end, which it is told with */
export const approvalDecided = (
  { message }: OpenWait,
  approved: Approved,
  { fence, atMs }: { readonly fence: number; readonly atMs: number },
): SignalboxEvent =>
  platformEvent(stepScope(message, fence), {
    type: 'signalbox.approval.decided',
    atMs,
    data: approved,
  });

/** How a wait ends with an event: with its data, as far as the run can carry them. */
export function resultOfEvent(
  { message }: OpenWait,
  { type, data }: Pick<SignalboxEvent, 'type' | 'data'>,
): StepResult {
  const bytes = jsonBytes(data);
  const { inlineBytes } = message.step;
  if (bytes <= inlineBytes) return { status: 'succeeded', output: data };
  return failed(
    failure(
      'OUTPUT_TOO_LARGE',
      `the data of event ${type} are ${bytes} bytes of JSON; allowed for one that a step waits for: ${inlineBytes}. Store the large part elsewhere and send a reference to it.`,
    ),
  );
}

/** How a wait ends that nobody has ended in time. Step Functions knows by itself. */
export const expired = ({ until }: Pick<OpenWait, 'until'>, what: string): StepResult =>
  failed(failure('DEADLINE_EXCEEDED', `${what} did not come by ${until}`));

/** How a wait ends whose run has ended without it. */
export const left = (status: string): StepResult => failed(runEnded(status));

const runEnded = (status: string): Failure =>
  failure('STOPPED', `the run has ${status} meanwhile; nobody waits any more`);

/** `approval of "Publish?"`, `event payment.received`. */
export function wanted(wait: OpenWait): string {
  const input = inputOf(wait);
  return input.for === 'event' ? `event ${input.event}` : `the decision on "${input.title}"`;
}
