/**
 * Sends a dead reaction again (`core/redrive.ts`, W3).
 *
 * Order: the event into the inbox, where its first put stays and gives the redrive its one time; then
 * the stream, then the message. Whoever repeats an unanswered request does all of it again.
 */
import type { DeadLetter, RunRecord } from '../../contracts/ledger.ts';
import type { TaskMessage } from '../../contracts/task-message.ts';
import { jsonBody } from '../../core/queue-message.ts';
import { reactionAgain, reactionRedriven } from '../../core/redrive.ts';
import type { ApiDependencies } from './dependencies.ts';
import { RequestRefusedError } from './problem.ts';

interface DeadReaction {
  readonly record: RunRecord;
  readonly letter: DeadLetter;
  readonly body: { readonly input?: unknown };
}

/** @throws RequestRefusedError when its run is over, its message was cut, or another input is wanted. */
export async function redriveReaction(
  ports: Pick<ApiDependencies, 'inbox' | 'events' | 'dispatcher' | 'system'>,
  { record, letter, body }: DeadReaction,
): Promise<RunRecord> {
  if ('input' in body) {
    throw refused(
      `has the data of its event as input; send a corrected event to run ${record.run}.`,
    );
  }
  const message = reactionAgain(letter);
  if (message === null) {
    throw refused(
      `had a message of more than 64 KiB, which is not kept whole; send its event again.`,
    );
  }
  refuseOver(record, message);
  const event = reactionRedriven(message, letter, ports.system.now());
  const put = await ports.inbox.put(event);
  const kept = put.kind === 'conflict' ? (put.current ?? event) : event;
  await ports.events.append([kept]);
  await ports.dispatcher.send({
    agent: message.step.agent,
    body: jsonBody({ ...message, step: { ...message.step, enteredAt: kept.time } }),
    group: message.run.tenant,
    delaySeconds: 0,
  });
  return record;
}

/** A reaction that a replay asked for does not belong to the life of its run. */
function refuseOver({ run, end, stop }: RunRecord, { reaction }: TaskMessage): void {
  if (reaction?.replay || !(end || stop)) return;
  throw new RequestRefusedError(
    'run-ended',
    `Run ${run} ${end ? `has ${end.status}` : 'was stopped'}, and nothing reacts in it any more. Send the event again without "run": POST /events.`,
  );
}

const refused = (why: string): RequestRefusedError =>
  new RequestRefusedError('dead-letter-of-reaction', `The reaction ${why}`);
