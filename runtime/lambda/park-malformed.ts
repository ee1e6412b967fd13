import { malformedLetter, malformedParked } from '../core/dead-letter.ts';
import { failure } from '../core/failure.ts';
import type { MalformedMessage } from '../core/parse-message.ts';
import { causeOf } from './answer.ts';
import type { Delivery, Door, Verdict } from './delivery.ts';

/** Parks a message that cannot be read, and fails its task when the token can be (step 1 of the door). */
export async function parkMalformed(
  { ports, code }: Door,
  delivery: Delivery,
  malformed: MalformedMessage,
): Promise<Verdict> {
  const { taskToken, cause } = malformed;
  const letter = malformedLetter(code.contract.name, delivery, malformed);
  await ports.deadLetters.park(letter);
  await ports.events.append([malformedParked(letter)]);
  if (taskToken !== undefined) {
    const { name: error, ...rest } = failure('TERMINAL', cause);
    await ports.tasks.fail({
      taskToken,
      error,
      cause: causeOf({ name: error, ...rest }, letter.id),
    });
  }
  ports.telemetry.count('MessagesParked');
  ports.telemetry.log('error', 'a message that cannot be read was parked', {
    messageId: delivery.messageId,
    deadLetter: letter.id,
    cause: letter.cause,
  });
  return 'done';
}
