/**
 * What work waits for: the one line or queue that is to be looked at first.
 *
 * Boundary: pure; it compares waits, and knows nothing of how they were measured.
 * Invariants
 * B1. What lets nothing through comes before everything that does: no wait tells how long it takes.
 * B2. Of the rest the longest wait counts, in a quota's line or for a worker. A tenant's own line holds up
 *     that tenant only, and is named when nothing else waits.
 * B3. What passes by itself is no bottleneck: calls that wait a moment for their turn, messages on their
 *     way through a queue.
 */
import type { Bottleneck, QuotaView, StageView } from '../contracts/fleet.ts';
import { METER_WINDOW_MS } from './stage-rates.ts';

/** Calls come in bunches: a quota used to the half has a wait like this one now and then. */
const QUOTA_WAIT_SECONDS = 1;

/** A message is on its way through a queue that long when a function starts. */
const STAGE_WAIT_SECONDS = 2;

/** The bottleneck, and what it is. */
export type Finding = { readonly bottleneck: Bottleneck } & (
  | { readonly quota: QuotaView }
  | { readonly stage: StageView }
);

/** `null`: nothing waits for long. */
export function findBottleneck({
  quotas,
  stages,
}: {
  readonly quotas: readonly QuotaView[];
  readonly stages: readonly StageView[];
}): Finding | null {
  const shared = quotas.filter(({ tenant }) => tenant === undefined);
  const tenants = quotas.filter(({ tenant }) => tenant !== undefined);
  return (
    firstClosed(shared) ??
    longest([...shared.flatMap(queueing), ...stages.flatMap(backlog)]) ??
    firstClosed(tenants) ??
    longest(tenants.flatMap(queueing))
  );
}

/** `model:default`, or `model:default of tenant acme`. */
export const quotaTitle = ({ quota, tenant }: QuotaView): string =>
  tenant === undefined ? quota : `${quota} of tenant ${tenant}`;

/** An outage before a pause: somebody knows of the pause. */
function firstClosed(quotas: readonly QuotaView[]): Finding | null {
  for (const kind of ['outage', 'paused'] as const) {
    const quota = quotas.find(({ state }) => state === kind);
    if (quota) {
      return { quota, bottleneck: { name: quotaTitle(quota), kind, clearsInSeconds: null } };
    }
  }
  return null;
}

type Waiting = readonly [seconds: number, finding: Finding];

function queueing(quota: QuotaView): readonly Waiting[] {
  const { clearsInSeconds } = quota;
  if (clearsInSeconds === null || clearsInSeconds < QUOTA_WAIT_SECONDS) return [];
  const bottleneck = { name: quotaTitle(quota), kind: 'quota', clearsInSeconds } as const;
  return [[clearsInSeconds, { quota, bottleneck }]];
}

/** Of a stage that takes nothing it is known only that this goes on for as long as samples look back. */
function backlog(stage: StageView): readonly Waiting[] {
  const { agent: name, oldestWaitSeconds, predictedWaitSeconds: clearsInSeconds } = stage;
  const finding = { stage, bottleneck: { name, kind: 'stage', clearsInSeconds } } as const;
  if (clearsInSeconds === null) return [[METER_WINDOW_MS / 1000, finding]];
  const waits = Math.min(clearsInSeconds, oldestWaitSeconds) >= STAGE_WAIT_SECONDS;
  return waits ? [[clearsInSeconds, finding]] : [];
}

function longest(waiting: readonly Waiting[]): Finding | null {
  const [first] = waiting.toSorted(([a], [b]) => b - a);
  return first?.[1] ?? null;
}
