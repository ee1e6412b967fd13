/** The functions that follow the stream, each in a container: as deployed, with ports that may fail. */
import { MemoryDispatcher } from '#runtime/adapters/memory/dispatcher.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { type Consumer, consumeBatch } from '#runtime/lambda/consume-events.ts';
import { drainOpenLanes } from '#runtime/lambda/drain-open-lanes.ts';
import { fireTimers } from '#runtime/lambda/fire-timers.ts';
import { projector } from '#runtime/lambda/project-events.ts';
import { routeEvents } from '#runtime/lambda/route-events.ts';
import type { Subscribed } from '#runtime/lambda/subscribed.ts';
import type { Dispatcher } from '#runtime/ports.ts';
import type { Container } from '../container.ts';
import { followerPorts, project } from '../functions.ts';
import type { Instance } from '../lambda.ts';
import type { Services } from '../services.ts';
import { deployedTalk } from './contracts.ts';
import { refusingConsumer } from './refusing.ts';
import type { StreamFunction } from './shard-reader.ts';

const SUBSCRIBED: Subscribed = new Map([[deployedTalk.name, deployedTalk]]);

/** Followers of the stream, by the names of their functions. */
export const FOLLOWERS = [
  PLATFORM_NAMES.projectEvents,
  PLATFORM_NAMES.routeEvents,
  PLATFORM_NAMES.exportEvents,
] as const;
export type Follower = (typeof FOLLOWERS)[number];

const DRAIN_MS = 20_000;

/** A place for a follower to run in. */
export interface Seat {
  readonly services: Services;
  readonly container: Container;
  /** Whether nothing is refused any more. */
  readonly isCured: () => boolean;
}

export function bootFollower(name: Follower, seat: Seat): StreamFunction {
  const { services, container } = seat;
  if (name === PLATFORM_NAMES.projectEvents) {
    return { container, handle: (batch) => project(services, container, batch) };
  }
  const ports = followerPorts(services, container);
  const consumer = consumerOf(name, seat);
  return { container, handle: (batch) => consumeBatch(ports, consumer, batch) };
}

export function bootTimers({ services, container }: Omit<Seat, 'isCured'>): Instance {
  const ports = routerPorts(services, container);
  return { container, handle: (event) => fireTimers(ports, SUBSCRIBED, event) };
}

/** Has the follower handle what is parked, as an operator would. */
export const drainOnce = (name: Follower, seat: Seat): Promise<unknown> => {
  const ports = followerPorts(seat.services, seat.container);
  const untilMs = ports.system.now() + DRAIN_MS;
  return drainOpenLanes(ports, consumerOf(name, seat), { run: undefined, untilMs });
};

function consumerOf(name: Follower, { services, container, isCured }: Seat): Consumer {
  switch (name) {
    case PLATFORM_NAMES.projectEvents:
      return projector(followerPorts(services, container));
    case PLATFORM_NAMES.routeEvents:
      return routeEvents(routerPorts(services, container), SUBSCRIBED);
    case PLATFORM_NAMES.exportEvents:
      return refusingConsumer({ container, evidence: services.evidence, isCured });
  }
}

const routerPorts = (services: Services, container: Container) => ({
  ...followerPorts(services, container),
  dispatcher: container.reach('queue', witnessedDispatcher(services, container.name)),
});

function witnessedDispatcher({ queues, evidence }: Services, by: string): Dispatcher {
  const memory = new MemoryDispatcher(queues);
  return {
    send: async (message) => {
      await memory.send(message);
      evidence.add(by, { kind: 'dispatched', message: JSON.parse(message.body) });
    },
  };
}
