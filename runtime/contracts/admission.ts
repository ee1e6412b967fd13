/** Admission: how the front door keeps a workflow's backlog within what is still useful. Shapes only; `core/admission.ts` decides. */
import type { QuotaLine } from './quota.ts';

/** What the controller saw and what it made of it: shown as it is. */
export interface AdmissionControl {
  /** Epoch milliseconds of the last correction, and of the last look whether a quota has closed or opened. */
  readonly atMs: number;
  readonly lookedAtMs: number;
  /** The stage or quota that limits the workflow; `null` when nothing does. */
  readonly bottleneck: string | null;
  /** Runs per second that the bottleneck takes, as measured; `null` when nothing limits. */
  readonly measuredPerSecond: number | null;
  /** Seconds that work waits at the bottleneck, as measured and as the line had predicted. */
  readonly measuredWaitSeconds: number;
  readonly predictedWaitSeconds: number;
  /** The bottleneck is a quota that gives out no places: an outage, or an operator's pause. */
  readonly isClosed: boolean;
  /** When a correction saw that last; epoch milliseconds, 0 for never. */
  readonly closedAtMs: number;
  /** Typical duration of a run that does not wait at the bottleneck, in seconds; `null` until one has succeeded. */
  readonly runSeconds: number | null;
  /** Calls per run of each quota, as measured. */
  readonly callsPerRun: Readonly<Record<string, number>>;
  /** What the next round compares with: places taken per quota, and runs admitted. */
  readonly takenBefore: Readonly<Record<string, QuotaTaken>>;
  readonly admittedBefore: number;
}

/** Places that were taken in a quota's line: the workflow's own, and everybody's. */
export interface QuotaTaken {
  readonly own: number;
  readonly all: number;
}

/** The admission of one workflow as it is stored. */
export interface AdmissionRecord {
  readonly workflow: string;
  readonly rev: number;
  /** One place per admitted run; `rate` 0 means that nothing limits the workflow. */
  readonly line: QuotaLine;
  /** A place per rejected run, at the same rate: when it is its turn to come back. */
  readonly returns: QuotaLine;
  /** Virtual time of each tenant that came lately, at its fair share; epoch milliseconds. */
  readonly tenants: Readonly<Record<string, number>>;
  readonly admitted: number;
  readonly rejected: number;
  /** Places that were redeemed. */
  readonly redeemed: number;
  readonly control: AdmissionControl;
}

/** What a rejected client is given, signed, and redeems when it comes back: it names the very run that it will become. */
export interface ReturnPlace {
  readonly run: string;
  readonly tenant: string;
  readonly workflow: string;
  /** In the line of `returns`: it is its turn when that line's clock shows it. */
  readonly place: number;
}

/** The request header in which a client gives back the place of a 429. */
export const PLACE_HEADER = 'Signalbox-Place';

/** The full stage of a 429 where starts come faster than one record can count them. */
export const FRONT_DOOR = 'front-door';
