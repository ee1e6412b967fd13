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
