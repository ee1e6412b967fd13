/**
 * Lets agents react to events of one run.
 *
 * Invariants
 * R1. Events that the router does not look at cost nothing, and a batch of those that it does one read
 *     and two writes of the run's record.
 * R2. With the end of a step what it has emitted is known, even if it comes later: whoever begins then
 *     sees it.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import { decideEvent, namedTypes, type ReplayRequest } from '../../core/react/decide-event.ts';
import { isRelevant, stepEndIn } from '../../core/react/relevant.ts';
import type { Moment } from '../../core/react/state.ts';
import { changeReactions } from './change-reactions.ts';
import type { ReactPorts } from './react-ports.ts';
import { RecordedEvents } from './recorded-events.ts';

/** Decided at once: what they lead to has to fit into the record, and must not take a whole invocation. */
const AT_ONCE = 25;

/**
 * @param events of one run, in order
 * @param replay present while the past is fed to the rules
 * @throws ThrottledError, or whatever a port throws: the events have to come again
 */
export async function reactTo(
  ports: ReactPorts,
  subscriptions: Moment['subscriptions'],
  events: readonly SignalboxEvent[],
  replay?: ReplayRequest,
): Promise<void> {
  const relevant = events.filter(isRelevant);
  for (let i = 0; i < relevant.length; i += AT_ONCE) {
    await reactAtOnce(ports, subscriptions, relevant.slice(i, i + AT_ONCE), replay);
  }
}

async function reactAtOnce(
  ports: ReactPorts,
  subscriptions: Moment['subscriptions'],
  events: readonly SignalboxEvent[],
  replay: ReplayRequest | undefined,
): Promise<void> {
  const [first] = events;
  if (!first) return;
  const recorded = new RecordedEvents(ports, events);
  const known = replay ? events : await withEmitted(recorded, subscriptions, events);
  await changeReactions(ports, first.run, { subscriptions, recorded }, (state) => {
    const moment = { subscriptions, nowMs: ports.system.now(), replay };
    return known.reduce((next, event) => decideEvent(next, event, moment), state);
  });
}

/** The events, those that a step has emitted before its end; read only where a rule may want to know of them. */
async function withEmitted(
  recorded: RecordedEvents,
  { rules }: Moment['subscriptions'],
  events: readonly SignalboxEvent[],
): Promise<readonly SignalboxEvent[]> {
  if (namedTypes(rules).size === 0) return events;
  const each = await Promise.all(
    events.map(async (event) =>
      stepEndIn(event) && event.subject !== undefined
        ? [...(await recorded.emittedBy(event.run, event.subject)), event]
        : [event],
    ),
  );
  return each.flat();
}
