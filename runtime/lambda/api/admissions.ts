/**
 * Performs the decisions of `core/admission.ts`: one compare and put for each run that asks to be let in.
 *
 * The process remembers the record that it saw last, so that most decisions read nothing. A correction
 * (`core/admission-control.ts`) goes with the put of the request that finds it due; it must never keep a
 * request from its decision: what cannot be seen in time is looked at again later.
 */
import { type AdmissionRecord, FRONT_DOOR } from '../../contracts/admission.ts';
import type { Overload } from '../../contracts/api.ts';
import type { QuotaLimits } from '../../contracts/quota.ts';
import { maxQueueSecondsOf, type WorkflowContract } from '../../contracts/workflow.ts';
import {
  type AdmissionDecision,
  decide,
  isCorrectionDue,
  isLookDue,
  lookedAt,
  newAdmission,
  predictedWaitSeconds,
} from '../../core/admission.ts';
import { backoffMs, fractionOf } from '../../core/backoff.ts';
import { placeText } from '../../core/return-place.ts';
import type {
  AdmissionLedger,
  PlaceKey,
  Put,
  QuotaLedger,
  StageMeter,
  System,
} from '../../ports.ts';
import type { Telemetry } from '../telemetry.ts';
import type { ExpectedCalls } from './deployed-agents.ts';

export interface AdmissionPorts {
  readonly admissions: AdmissionLedger;
  readonly placeKey: PlaceKey;
  readonly quotas: Pick<QuotaLedger, 'read'>;
  /** The stage's quotas, by name. */
  readonly quotaLimits: Readonly<Record<string, QuotaLimits>>;
  /** By workflow and quota. */
  readonly expectedCalls: ExpectedCalls;
  readonly meter: Pick<StageMeter, 'since'>;
  readonly system: System;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** A run that asks to be let in. */
export interface Candidate {
  readonly run: string;
  readonly tenant: string;
  /** Of the 429 that it was answered with before; `null` for a newcomer. */
  readonly place: number | null;
}

export type Admission =
  | {
      readonly kind: 'admitted';
      /** Predicted, at the bottleneck. */
      readonly waitSeconds: number;
      /** Typical duration of a run without it; `null` when nothing is known of it. */
      readonly runSeconds: number | null;
      readonly lane?: 'fast';
    }
  | { readonly kind: 'rejected'; readonly overload: Overload };

/** How far back the controller looks. */
const SEEN_MS = 60_000;

/** A request waits no longer than that for a correction. */
const SIGHT_MS = 1000;

/** After a look that failed, this process leaves the next one to others for so long. */
const BLIND_MS = 10_000;

/** Every lost race is somebody else's admission; so many in a row are more than the record takes. */
const CONTENTION = { attempts: 20, baseMs: 10, capMs: 200 };

export class Admissions {
  readonly #ports: AdmissionPorts;
  readonly #seen = new Map<string, AdmissionRecord>();
  #blindUntilMs = 0;

  constructor(ports: AdmissionPorts) {
    this.#ports = ports;
  }

  async admit(contract: WorkflowContract, candidate: Candidate): Promise<Admission> {
    const { admissions, system } = this.#ports;
    const { name } = contract;
    const request = { ...candidate, maxQueueSeconds: maxQueueSecondsOf(contract) };
    let record = await this.#latest(name, candidate.place !== null);
    for (let tries = 1; tries <= CONTENTION.attempts; tries += 1) {
      const before = record;
      const decision = decide(await this.#corrected(before), request, system.now());
      if (decision.kind === 'early') return this.#answer(contract, candidate, before, decision);
      const put = await admissions.put(write(before, decision.record));
      record = this.#remember(name, put, decision.record);
      if (put.kind === 'written') return this.#answer(contract, candidate, record, decision);
      await system.sleep(backoffMs(CONTENTION, tries, fractionOf(system.randomId())));
    }
    const waitSeconds = predictedWaitSeconds(record, system.now());
    const again = { kind: 'rejected', record, waitSeconds, place: null, returnSeconds: 1 } as const;
    const full = { ...record, control: { ...record.control, bottleneck: FRONT_DOOR } };
    return this.#answer(contract, candidate, full, again);
  }

  /** The admission of a workflow as it stands, corrected if that is due; `null` when nobody has asked for one. */
  async current(workflow: string): Promise<AdmissionRecord | null> {
    const before = await this.#ports.admissions.read(workflow);
    if (before === null) return null;
    const record = await this.#corrected(before);
    if (record.control.atMs === before.control.atMs) return before;
    const counted = { ...record, rev: record.rev + 1 };
    return this.#remember(
      workflow,
      await this.#ports.admissions.put(write(before, counted)),
      counted,
    );
  }

  /** What was seen last will do for a decision that is put; another process may have looked since. */
  async #latest(workflow: string, isReturn: boolean): Promise<AdmissionRecord> {
    const seen = this.#seen.get(workflow);
    if (seen && !isReturn && !isLookDue(seen, this.#ports.system.now())) return seen;
    return (await this.#ports.admissions.read(workflow)) ?? newAdmission(workflow);
  }

  /** What is there now: the record that was written, or the one that came before it. */
  #remember(
    workflow: string,
    put: Put<AdmissionRecord>,
    written: AdmissionRecord,
  ): AdmissionRecord {
    const record = put.kind === 'written' ? written : (put.current ?? newAdmission(workflow));
    this.#seen.set(workflow, record);
    return record;
  }

  /** The record with what is seen now made use of; as it is when that takes longer than a request may wait. */
  async #corrected(record: AdmissionRecord): Promise<AdmissionRecord> {
    const { system, telemetry } = this.#ports;
    const nowMs = system.now();
    if (nowMs < this.#blindUntilMs || !isLookDue(record, nowMs)) return record;
    const ended = new AbortController();
    const late = system.sleep(SIGHT_MS, ended.signal).then(() => null);
    const seen = await Promise.race([this.#look(record), late])
      .catch((error: unknown) => {
        const { workflow } = record;
        const what = 'an admission could not be corrected; it goes on as it is';
        telemetry.log('warn', what, { workflow, error });
        return null;
      })
      .finally(() => ended.abort());
    if (seen) return seen;
    this.#blindUntilMs = system.now() + BLIND_MS;
    return record;
  }

  async #look(record: AdmissionRecord): Promise<AdmissionRecord> {
    const { quotas, quotaLimits, expectedCalls, meter, system } = this.#ports;
    const found = await quotas.read(Object.keys(quotaLimits).map((quota) => ({ quota })));
    const known = found.filter((bucket) => bucket !== null);
    if (!isCorrectionDue(record, known, system.now())) return lookedAt(record, system.now());
    const [samples, { bucketsOf, corrected }] = await Promise.all([
      meter.since(system.now() - SEEN_MS),
      // One request in ten seconds needs it, so no start of the function waits for it.
      import('../../core/admission-control.ts'),
    ]);
    const nowMs = system.now();
    const expected = expectedCalls[record.workflow] ?? {};
    const sightings = { quotas: bucketsOf(quotaLimits, found, nowMs), samples, expected };
    return corrected(record, sightings, nowMs);
  }

  async #answer(
    contract: WorkflowContract,
    { run, tenant }: Candidate,
    { control }: AdmissionRecord,
    decision: AdmissionDecision,
  ): Promise<Admission> {
    const { waitSeconds } = decision;
    if (decision.kind === 'admitted') {
      const { lane } = decision;
      const { runSeconds } = control;
      return { kind: 'admitted', waitSeconds, runSeconds, ...(lane && { lane }) };
    }
    const { place, returnSeconds } = decision;
    const workflow = contract.name;
    return {
      kind: 'rejected',
      overload: {
        stage: control.bottleneck ?? FRONT_DOOR,
        predictedWaitSeconds: rounded(waitSeconds),
        maxQueueSeconds: rounded(maxQueueSecondsOf(contract)),
        retryAfterSeconds: Math.max(1, Math.ceil(returnSeconds)),
        ...(place !== null && {
          place: placeText({ run, tenant, workflow, place }, await this.#ports.placeKey.read()),
        }),
      },
    };
  }
}

const write = (before: AdmissionRecord, record: AdmissionRecord) => ({
  record,
  expectedRev: before.rev === 0 ? null : before.rev,
});

const rounded = (seconds: number): number => Math.round(seconds * 10) / 10;
