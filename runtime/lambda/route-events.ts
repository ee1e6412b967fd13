/**
 * The router: events of the stream → reactions of agents, and the ends of waits.
 *
 * Boundary: a consumer of the stream (`consume-events.ts`): events of one run in, what they lead to out.
 * An event that nobody waits for costs nothing: which run it is of tells whose rules it may meet, and
 * what it is whether a step may wait for it.
 */
import { SignalboxError } from '../contracts/errors.ts';
import { PLATFORM_NAMES } from '../contracts/names.ts';
import { concernsWaits } from '../core/wait/waits.ts';
import type { Consumer } from './consume-events.ts';
import type { ReactPorts } from './react/react-ports.ts';
import { reactTo } from './react/react-to.ts';
import type { Subscribed } from './subscribed.ts';
import { resumeWaits } from './wait/resume-waits.ts';
import type { WaitPorts } from './wait/wait-ports.ts';

/** A replay names a rule that is not deployed: every event says so, as nothing would come of it. */
class RuleUnknownError extends SignalboxError {
  override readonly name = 'RuleUnknownError';
  readonly code = 'RULE_UNKNOWN';
}

export const routeEvents = (ports: ReactPorts & WaitPorts, subscribed: Subscribed): Consumer => ({
  name: PLATFORM_NAMES.routeEvents,
  async handle(events, { replay }) {
    if (replay?.rule !== undefined) refuseUnknown(replay.rule, subscribed);
    const [first] = events;
    const subscriptions = first && subscribed.get(first.workflow);
    if (subscriptions) return reactTo(ports, subscriptions, events, replay);
    // What steps have waited for in the past has come to them then.
    if (replay) return;
    for (const event of events.filter(concernsWaits)) await resumeWaits(ports, event);
  },
});

function refuseUnknown(rule: string, subscribed: Subscribed): void {
  const names = [...subscribed.values()].flatMap(({ rules }) => rules.map(({ name }) => name));
  if (names.includes(rule)) return;
  throw new RuleUnknownError(
    `there is no rule ${JSON.stringify(rule)}; deployed: ${names.join(', ') || 'none'}`,
  );
}
