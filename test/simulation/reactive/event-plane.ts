/**
 * What follows the stream in a world of events: projector, router with its timers, a consumer that refuses
 * some events, and the operator who has parked events handled again.
 */
import { serveQueue } from '../lambda.ts';
import type { World } from '../world.ts';
import {
  bootFollower,
  bootTimers,
  drainOnce,
  FOLLOWERS,
  type Follower,
  type Seat,
} from './followers.ts';
import { ShardReader } from './shard-reader.ts';

const TIMERS_TIMEOUT_MS = 60_000;
const DRAIN_EVERY_MS = 30_000;

export class EventPlane {
  readonly #world: World;
  readonly #readers: readonly { readonly name: Follower; readonly reader: ShardReader }[];
  #isCured = false;

  constructor(world: World) {
    this.#world = world;
    const { services } = world;
    const parallel = services.random.stream('shard').pick([1, 2, 4]);
    this.#readers = FOLLOWERS.map((name) => {
      const boot = () => bootFollower(name, this.#seat(name));
      return { name, reader: new ShardReader(services, { consumer: name, parallel, boot }) };
    });
  }

  boot(): void {
    for (const { reader } of this.#readers) reader.start();
    const { services } = this.#world;
    void serveQueue(services, {
      queue: services.timers,
      timeoutMs: TIMERS_TIMEOUT_MS,
      batchSize: 10,
      boot: () => bootTimers(this.#seat('route-events')),
      isOwed: () => false,
    });
    void this.#drain();
  }

  /** From now on nothing is refused any more. */
  cure(): void {
    this.#isCured = true;
  }

  /** Followers that are not at the end of the shard. */
  get behind(): readonly string[] {
    return this.#readers.flatMap(({ name, reader: { behind } }) =>
      behind > 0 ? [`${name} is ${behind} records behind`] : [],
    );
  }

  /** What waits in lanes. */
  get parked(): readonly string[] {
    return [...this.#world.services.lanes.open].map((entry) => `parked is ${entry}`);
  }

  /** What the router has decided and not done. */
  get owed(): readonly string[] {
    return [...this.#world.services.ledger.reactions.values()].flatMap(({ run, owed }) =>
      owed.map(({ kind }) => `the router owes run ${run} this: ${kind}`),
    );
  }

  /** From time to time somebody has lanes drained, whether or not what has opened them is mended. */
  async #drain(): Promise<never> {
    const { system, lanes, faults } = this.#world.services;
    for (;;) {
      await system.sleep(DRAIN_EVERY_MS);
      for (const name of FOLLOWERS.filter((follower) => lanes.isOpenFor(follower))) {
        const seat = this.#seat(name);
        void drainOnce(name, seat).catch(() => undefined);
        if (!faults.strikes('killed')) continue;
        const ms = faults.lasting('killed', 1, 500);
        void system.sleep(ms).then(() => seat.container.kill('killed'));
      }
    }
  }

  #seat(name: Follower): Seat {
    return {
      services: this.#world.services,
      container: this.#world.container(name),
      isCured: () => this.#isCured,
    };
  }
}
