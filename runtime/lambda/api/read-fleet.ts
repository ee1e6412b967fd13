/**
 * Collects what the fleet view is made of.
 *
 * Rule: a figure that cannot be had fails the view. A fleet that looks idle because its queues could not
 * be asked is worse than no answer.
 */
import type { FleetView, MeterSample, OutboxView } from '../../contracts/fleet.ts';
import { maxQueueSecondsOf } from '../../contracts/workflow.ts';
import { elapsedMs } from '../../core/elapsed.ts';
import { type Admission, type FleetFacts, fleetViewOf } from '../../core/fleet-view.ts';
import { quotaViews } from '../../core/quota-view.ts';
import { METER_WINDOW_MS } from '../../core/stage-rates.ts';
import type { QueueDepth, StageMeter } from '../../ports.ts';
import type { Admissions } from './admissions.ts';
import type { ApiDependencies } from './dependencies.ts';

export async function readFleet(
  dependencies: ApiDependencies,
  admissions: Admissions,
): Promise<FleetView> {
  const { agents, meter, quotas, quotaLimits, system } = dependencies;
  const stages = Object.entries(agents).flatMap(([workflow, names]) =>
    names.map((agent) => ({ workflow, agent })),
  );
  const [samples, depths, records, admitted, outbox] = await Promise.all([
    readSamples(meter, system.now()),
    readDepths(dependencies, stages),
    quotas.list(Object.keys(quotaLimits)),
    readAdmissions(dependencies, admissions),
    readOutbox(dependencies),
  ]);
  const nowMs = system.now();
  return fleetViewOf({
    nowMs,
    stages,
    samples,
    depths,
    quotas: quotaViews(records, quotaLimits, nowMs),
    admissions: admitted,
    outbox,
  });
}

/** A consumer that has read nothing lately is shown by what it read last. */
const LONG_AGO_MS = 15 * 60_000;

async function readSamples(
  meter: Pick<StageMeter, 'since'>,
  nowMs: number,
): Promise<readonly MeterSample[]> {
  const samples = await meter.since(nowMs - METER_WINDOW_MS);
  return samples.length > 0 ? samples : meter.since(nowMs - LONG_AGO_MS);
}

async function readDepths(
  { queueDepths }: ApiDependencies,
  stages: FleetFacts['stages'],
): Promise<ReadonlyMap<string, QueueDepth>> {
  const agents = [...new Set(stages.map(({ agent }) => agent))];
  const depths = await queueDepths.read(agents);
  return new Map(
    agents.flatMap((agent, i) => {
      const depth = depths[i] ?? null;
      return depth ? [[agent, depth] as const] : [];
    }),
  );
}

/** Those of workflows that somebody has asked for. */
async function readAdmissions(
  { workflows }: ApiDependencies,
  admissions: Admissions,
): Promise<readonly Admission[]> {
  const found = await Promise.all(
    [...workflows.values()].map(async ({ contract }) => {
      const record = await admissions.current(contract.name);
      return record ? [{ record, maxQueueSeconds: maxQueueSecondsOf(contract) }] : [];
    }),
  );
  return found.flat();
}

/** Events are read whole to be counted, so that few are: whether any waits, and for how long, is what matters. */
const OUTBOX_LOOK = 80;

async function readOutbox({ outbox, system }: ApiDependencies): Promise<OutboxView> {
  const events = await outbox.oldest(OUTBOX_LOOK);
  const [oldest] = events;
  return {
    waiting: events.length,
    oldestSeconds: oldest ? elapsedMs(Date.parse(oldest.time), system.now()) / 1000 : 0,
  };
}
