/**
 * Derived names. Stacks refer to each other's resources by name, not by export, so there are no
 * cycles and no deploy order beyond the obvious.
 */
import { DefinitionError } from './errors.ts';

/** Lambda's limit, the shortest among the resources named here. */
const MAX_LENGTH = 64;

/** Names that the platform's own functions, queues and tables have taken. */
export const PLATFORM_NAMES = {
  ledger: 'ledger',
  readModel: 'read-model',
  limits: 'limits',
  events: 'events',
  payloads: 'payloads',
  deadLetters: 'dead-letters',
  runStatus: 'run-status',
  api: 'handle-api',
  projectEvents: 'project-events',
  publishRunStatus: 'publish-run-status',
  settleDeadLetters: 'settle-dead-letters',
  reconcile: 'reconcile',
  archive: 'archive',
  timers: 'timers',
  platform: 'platform',
  servePlatform: 'serve-platform',
  routeEvents: 'route-events',
  archiveEvents: 'archive-events',
  exportEvents: 'export-events',
  lifecycle: 'lifecycle',
  rebuildReadModel: 'rebuild-read-model',
} as const;

/**
 * `signalbox-<stage>-<name>`
 * @throws DefinitionError when longer than 64 characters.
 */
export function resourceName(stage: string, name: string): string {
  const full = `signalbox-${stage}-${name}`;
  if (full.length > MAX_LENGTH) {
    throw new DefinitionError(
      `resource name "${full}" has ${full.length} characters; allowed: ${MAX_LENGTH}. Shorten the stage or the name.`,
    );
  }
  return full;
}

/** The short name in an ARN of a queue or a function of this stage; `null` when it names something else. */
export function shortName(stage: string, arn: string): string | null {
  const prefix = resourceName(stage, '');
  const name = arn.split(':').find((part) => part.startsWith(prefix));
  return name === undefined ? null : name.slice(prefix.length);
}
