/** The task message of a reaction, of what was decided and the data of its events. */
import type { EventReference, OwedReaction, ReactionsRecord } from '../../contracts/reactions.ts';
import { INLINE_BYTES, SCHEMA_VERSION, type TaskMessage } from '../../contracts/task-message.ts';

export const pathOf = ({ rule, n }: { readonly rule: string; readonly n: number }): string =>
  `${rule}@${n}`;

/** The events whose data the message holds. */
export const eventsIn = ({ event, fields }: OwedReaction): readonly EventReference[] => [
  ...(event ? [event] : []),
  ...Object.values(fields).filter((field) => field !== null),
];

/** @param dataOf of the events that `eventsIn` gives */
export function reactionMessage(
  { envelope }: Pick<ReactionsRecord, 'envelope'>,
  reaction: OwedReaction,
  dataOf: (event: EventReference) => unknown,
): TaskMessage {
  const { agent, maxAttempts, enteredAt, deadlineAt, cause, origin, hops, replay } = reaction;
  return {
    schemaVersion: SCHEMA_VERSION,
    run: { ...envelope, deadlineAt },
    step: {
      path: pathOf(reaction),
      kind: 'agent',
      agent,
      attempt: { redrive: 0, retry: 0 },
      maxAttempts,
      enteredAt,
      inlineBytes: INLINE_BYTES,
    },
    input: inputOf(reaction, dataOf),
    reaction: { cause, origin, hops, ...(replay && { replay }) },
  };
}

/** The data of the event and, by field, what the rule adds. */
function inputOf(
  { event, fields }: OwedReaction,
  dataOf: (event: EventReference) => unknown,
): unknown {
  const data = event && dataOf(event);
  const added = Object.entries(fields);
  if (event && added.length === 0) return data;
  return {
    ...(typeof data === 'object' ? data : {}),
    ...Object.fromEntries(added.map(([field, part]) => [field, part && dataOf(part)])),
  };
}
