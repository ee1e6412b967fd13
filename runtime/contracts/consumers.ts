/** The consumers of the event stream: as people call them, and their functions. */
import { PLATFORM_NAMES } from './names.ts';

export const CONSUMERS = {
  projector: PLATFORM_NAMES.projectEvents,
  router: PLATFORM_NAMES.routeEvents,
  archiver: PLATFORM_NAMES.archiveEvents,
  exporter: PLATFORM_NAMES.exportEvents,
} as const;
export type ConsumerName = keyof typeof CONSUMERS;

/** Those that the past can be fed to again. The archiver is where it comes from. */
export const REPLAYABLE = ['projector', 'router', 'exporter'] as const satisfies ConsumerName[];
export type ReplayableConsumer = (typeof REPLAYABLE)[number];

/** Short name of the queue that tells a consumer to replay, or to drain its lanes. */
export const replayQueue = (consumer: ReplayableConsumer): string =>
  `${CONSUMERS[consumer]}-replays`;

/** How far a consumer is behind the newest event of a shard. */
export interface ShardLag {
  readonly shard: string;
  /** Events that it has still to handle, as far as they were counted. */
  readonly events: number;
  /** There are more than were counted. */
  readonly more: boolean;
  /** How long the oldest of them has been in the stream; 0 when there is none. */
  readonly seconds: number;
  /** When it last handled something of the shard; ISO 8601, `null`: never. */
  readonly lastAt: string | null;
}

/** A run whose events wait behind one that the consumer could not handle. */
export interface LaneView {
  readonly run: string;
  readonly tenant: string;
  /** Id and type of the event that keeps the lane, and why. */
  readonly event: string;
  readonly type: string;
  readonly code: string;
  readonly cause: string;
  /** Since when the lane is open; ISO 8601. */
  readonly parkedAt: string;
}

export interface ConsumerView {
  readonly name: ConsumerName;
  /** Short name of its function. */
  readonly function: string;
  readonly shards: readonly ShardLag[];
  /** The oldest of its open lanes. */
  readonly lanes: readonly LaneView[];
  /** There are more open lanes than these. */
  readonly moreLanes: boolean;
  /** Events handled and put aside since its first one; redeliveries count again. */
  readonly handled: number;
  readonly parked: number;
}

export interface ConsumerList {
  readonly consumers: readonly ConsumerView[];
}
