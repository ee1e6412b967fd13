import type { PlatformEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { Deployment } from './deployment.ts';

/** What nearly every function is told: its stage, the ledger, the stream. */
export const platformEnvironment = (deployment: Deployment): PlatformEnvironment => ({
  STAGE: deployment.stage,
  LEDGER_TABLE_NAME: deployment.name(PLATFORM_NAMES.ledger),
  EVENT_STREAM_NAME: deployment.name(PLATFORM_NAMES.events),
});
