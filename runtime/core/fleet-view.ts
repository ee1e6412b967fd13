/**
 * The fleet as people see it, put together from buckets, samples and queues.
 *
 * Boundary: pure; `lambda/api/read-fleet.ts` collects the facts.
 * Invariants
 * F1. Every stage of every deployed workflow is shown, also one of which nothing was ever heard: that
 *     may be the one that stands still.
 */
import type { AdmissionRecord } from '../contracts/admission.ts';
import type {
  AdmissionView,
  FleetView,
  MeterSample,
  OutboxView,
  QuotaView,
  StageView,
} from '../contracts/fleet.ts';
import type { QueueDepth } from '../ports.ts';
import { predictedWaitSeconds } from './admission.ts';
import { findBottleneck } from './bottleneck.ts';
import { fleetSentence } from './fleet-sentence.ts';
import { isoTime } from './iso-time.ts';
import { consumerViews, handledPerSecond, stageRates } from './stage-rates.ts';

/** A stage is an agent in a workflow. */
interface Stage {
  readonly workflow: string;
  readonly agent: string;
}

export interface FleetFacts {
  readonly nowMs: number;
  /** Of all deployed workflows. */
  readonly stages: readonly Stage[];
  readonly samples: readonly MeterSample[];
  /** By agent; one whose queue is not there is absent. */
  readonly depths: ReadonlyMap<string, QueueDepth>;
  readonly quotas: readonly QuotaView[];
  readonly admissions: readonly Admission[];
  readonly outbox: OutboxView;
}

export interface Admission {
  readonly record: AdmissionRecord;
  /** As the workflow's contract says. */
  readonly maxQueueSeconds: number;
}

export function fleetViewOf(facts: FleetFacts): FleetView {
  const { nowMs, samples, quotas, outbox } = facts;
  const stages = stageViews(facts);
  const view = {
    at: isoTime(nowMs),
    stages,
    quotas,
    admissions: facts.admissions.map((admission) => admissionView(admission, nowMs)),
    consumers: consumerViews(samples, nowMs),
    outbox,
  };
  const finding = findBottleneck({ quotas, stages });
  return {
    sentence: fleetSentence(view, finding),
    bottleneck: finding?.bottleneck ?? null,
    ...view,
  };
}

/** Deployed stages in their order, then those of which something was heard lately all the same. */
function stageViews({ nowMs, stages, samples, depths }: FleetFacts): readonly StageView[] {
  const rates = stageRates(samples, nowMs);
  const all = new Map(
    [...stages, ...rates].map(({ workflow, agent }) => [
      `${workflow} ${agent}`,
      { workflow, agent },
    ]),
  );
  return [...all.values()].map(({ workflow, agent }) => {
    const own = rates.find((one) => one.workflow === workflow && one.agent === agent);
    const { visible, inFlight, delayed } = depths.get(agent) ?? NO_QUEUE;
    return {
      workflow,
      agent,
      arrivalPerSecond: own?.arrivalPerSecond ?? 0,
      servicePerSecond: own?.servicePerSecond ?? 0,
      oldestWaitSeconds: (own?.oldestWaitMs ?? 0) / 1000,
      queued: visible,
      inFlight,
      deferred: delayed,
      predictedWaitSeconds: waitSeconds(visible, handledPerSecond(samples, agent, nowMs)),
    };
  });
}

const NO_QUEUE: QueueDepth = { visible: 0, inFlight: 0, delayed: 0 };

/** `null`: nothing of it is taken. */
function waitSeconds(queued: number, perSecond: number): number | null {
  if (queued === 0) return 0;
  return perSecond === 0 ? null : queued / perSecond;
}

function admissionView({ record, maxQueueSeconds }: Admission, nowMs: number): AdmissionView {
  const {
    lookedAtMs: _,
    closedAtMs: _1,
    takenBefore: _2,
    admittedBefore: _3,
    ...control
  } = record.control;
  return {
    workflow: record.workflow,
    admitted: record.admitted,
    rejected: record.rejected,
    redeemed: record.redeemed,
    ratePerSecond: record.line.rate === 0 ? null : record.line.rate,
    predictedWaitSeconds: predictedWaitSeconds(record, nowMs),
    maxQueueSeconds,
    control,
  };
}
