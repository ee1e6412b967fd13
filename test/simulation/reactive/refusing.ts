import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { Consumer } from '#runtime/lambda/consume-events.ts';
import type { Container } from '../container.ts';
import type { Evidence } from '../evidence.ts';

/** What a message begins with that one consumer cannot bear. */
export const POISON = 'poison';

/** Whether the event is one that the consumer refuses until it is cured. */
export const isPoison = ({ data }: Pick<SignalboxEvent, 'data'>): boolean =>
  JSON.stringify(data)?.startsWith(`{"text":"${POISON}`) ?? false;

/** Stands for any consumer with a bug: it does with every event something outside, and chokes on some. */
export const refusingConsumer = (stage: {
  readonly container: Container;
  readonly evidence: Evidence;
  readonly isCured: () => boolean;
}): Consumer => {
  const { container, evidence, isCured } = stage;
  return {
    name: PLATFORM_NAMES.exportEvents,
    handle: async (events) => {
      for (const event of events) {
        if (isPoison(event) && !isCured()) throw new RangeError(`${event.id} is poison`);
        await container.interact('outside', 'handle an event', async () => {
          const { id, run } = event;
          evidence.add(container.name, { kind: 'handled', event: id, run });
        });
      }
    },
  };
};
