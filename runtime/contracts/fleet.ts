/**
 * The fleet view: where work waits, why, and when it clears. All times ISO 8601, all rates per second.
 */
import type { AdmissionControl } from './admission.ts';
import type { QuotaLimits } from './quota.ts';

/** What one batch of the event stream says about the stages; kept for minutes, added up at read. */
export interface MeterSample {
  /** Shard and first sequence number of the batch: the same batch is kept once. */
  readonly id: string;
  /** Epoch milliseconds at which the batch was read. */
  readonly atMs: number;
  /** The consumer that read it, the events in it, and the age of its oldest one, in milliseconds. */
  readonly consumer: string;
  readonly events: number;
  readonly lagMs: number;
  readonly stages: readonly StageSample[];
  readonly runs: readonly RunSample[];
}

export interface StageSample {
  readonly workflow: string;
  readonly agent: string;
  /** Steps that were received for the first time, and the longest and summed wait of those. */
  readonly arrived: number;
  readonly oldestWaitMs: number;
  readonly waitMs: number;
  /** Attempts that ended for good, and those that were put off. */
  readonly ended: number;
  readonly runMs: number;
  readonly deferred: number;
}

export interface RunSample {
  readonly workflow: string;
  readonly accepted: number;
  readonly succeeded: number;
  readonly endedOtherwise: number;
  /** Summed over the succeeded ones, from the start of their execution to its end. */
  readonly durationMs: number;
}

export interface StageView {
  readonly workflow: string;
  readonly agent: string;
  /** First receives, and attempts that ended, over the last half minute. */
  readonly arrivalPerSecond: number;
  readonly servicePerSecond: number;
  /** Longest wait for a first receive among those of the last half minute. */
  readonly oldestWaitSeconds: number;
  /** Of the agent's queue, which its workflows share: ready, received, put off. */
  readonly queued: number;
  readonly inFlight: number;
  readonly deferred: number;
  /** For a worker, of what is queued now; `null` when there is something and nothing is served. */
  readonly predictedWaitSeconds: number | null;
}

export interface QuotaView {
  readonly quota: string;
  readonly tenant?: string;
  readonly limits: QuotaLimits;
  readonly setBy: 'config' | 'operator';
  /** Calls per second that it lets through now. */
  readonly ratePerSecond: number;
  /** `slowed`: the provider said 429, and the pace is below what is configured. */
  readonly state: 'open' | 'slowed' | 'paused' | 'outage';
  /** Calls that hold a place in the line of requests and whose turn has not come. */
  readonly ticketsAhead: number;
  /** Of a call that lines up now; `null` while no places are given. */
  readonly waitSeconds: number | null;
  /** Until the last of the calls ahead has its turn; `null` while no turn comes. */
  readonly clearsInSeconds: number | null;
  /** Which line is the longer one. */
  readonly limitedBy: 'requests' | 'tokens';
  /** When it was paused, or the outage was noticed. */
  readonly closedAt?: string;
  /** 429s, and calls that took a place, since the bucket exists. */
  readonly throttled: number;
  readonly taken: number;
}

export interface AdmissionView {
  readonly workflow: string;
  readonly admitted: number;
  readonly rejected: number;
  readonly redeemed: number;
  readonly ratePerSecond: number | null;
  readonly predictedWaitSeconds: number;
  readonly maxQueueSeconds: number;
  readonly control: Omit<
    AdmissionControl,
    'lookedAtMs' | 'closedAtMs' | 'takenBefore' | 'admittedBefore'
  >;
}

export interface ConsumerView {
  readonly consumer: string;
  /** Age of the oldest event that it read lately, when it read it. */
  readonly lagSeconds: number;
  readonly eventsPerSecond: number;
  /** When its newest batch was read. */
  readonly readAt: string;
}

/** Events that wait for the stream because it was away. */
export interface OutboxView {
  /** At least so many: few are looked at. */
  readonly waiting: number;
  /** Age of the oldest one; 0 when none waits. */
  readonly oldestSeconds: number;
}

export interface Bottleneck {
  /** `model:default`, or an agent's name. */
  readonly name: string;
  readonly kind: 'quota' | 'stage' | 'outage' | 'paused';
  /** Seconds until what waits now has gone through; `null` when it does not clear as things are. */
  readonly clearsInSeconds: number | null;
}

export interface FleetView {
  readonly at: string;
  /** The bottleneck, why, and when it clears. */
  readonly sentence: string;
  readonly bottleneck: Bottleneck | null;
  readonly stages: readonly StageView[];
  readonly quotas: readonly QuotaView[];
  readonly admissions: readonly AdmissionView[];
  readonly consumers: readonly ConsumerView[];
  readonly outbox: OutboxView;
}
