import { type Envelope, malformedLetter, malformedParked } from '../core/dead-letter.ts';
import { failure } from '../core/failure.ts';
import type { MalformedMessage } from '../core/parse-message.ts';
import { causeOf } from './answer.ts';
import type { Verdict } from './delivery.ts';
import type { FinishPorts } from './door-ports.ts';

/**
 * Parks a message that cannot be read, and fails its task when the token can be (step 1 of the door).
 * @param agent whose queue it came from
 */
export async function parkMalformed(
  ports: Pick<FinishPorts, 'deadLetters' | 'events' | 'tasks' | 'telemetry'>,
  agent: string,
  delivery: Envelope,
  malformed: MalformedMessage,
): Promise<Verdict> {
  const { taskToken, cause } = malformed;
  const letter = malformedLetter(agent, delivery, malformed);
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
