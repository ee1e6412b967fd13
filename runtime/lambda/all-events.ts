import type { SignalboxEvent } from '../contracts/event.ts';
import type { ReadModelReader } from '../ports.ts';

const PAGE = 500;

/** Every event of a run that has been projected, in order. */
export async function allEvents(
  readModel: Pick<ReadModelReader, 'events'>,
  run: string,
): Promise<readonly SignalboxEvent[]> {
  const events: SignalboxEvent[] = [];
  let after = '';
  for (;;) {
    const page = await readModel.events({ run, after, limit: PAGE });
    events.push(...page.events);
    if (!page.more || page.next === undefined) return events;
    after = page.next;
  }
}
