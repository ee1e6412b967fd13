/**
 * The front door of a story: the real decisions on one record, made one after the other, and clients who
 * come back when they are told to.
 */
import type { AdmissionRecord } from '#runtime/contracts/admission.ts';
import { type AdmissionDecision, decide, newAdmission } from '#runtime/core/admission.ts';
import type { System } from '#runtime/ports.ts';
import type { OpenRequest } from './book.ts';

/** What the door's record becomes before a decision: the controller's part. */
type Correct = (record: AdmissionRecord, nowMs: number) => Promise<AdmissionRecord>;

interface DoorOptions {
  readonly system: System;
  readonly workflow: string;
  readonly maxQueueSeconds: number;
  readonly correct: Correct;
  /** From a client to the door, in milliseconds. */
  readonly travelMs: () => number;
}

export class FrontDoor {
  readonly #options: DoorOptions;
  #record: AdmissionRecord;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#record = newAdmission(options.workflow);
  }

  get record(): AdmissionRecord {
    return this.#record;
  }

  /** `null`: its client has lost patience. */
  async enter(
    request: OpenRequest,
    tenant: string,
    patienceSeconds: number,
  ): Promise<Extract<AdmissionDecision, { kind: 'admitted' }> | null> {
    const { system, travelMs } = this.#options;
    const untilMs = system.now() + patienceSeconds * 1000;
    for (let place: number | null = null; ; ) {
      await system.sleep(travelMs());
      request.asks();
      const decision = await this.#decide(tenant, place);
      if (decision.kind === 'admitted') return decision;
      const retryAfterMs = Math.max(1, Math.ceil(decision.returnSeconds)) * 1000;
      if (system.now() + retryAfterMs > untilMs) return null;
      place = decision.place;
      await system.sleep(retryAfterMs);
    }
  }

  async #decide(tenant: string, place: number | null): Promise<AdmissionDecision> {
    const { system, correct, maxQueueSeconds } = this.#options;
    this.#record = await correct(this.#record, system.now());
    const decision = decide(this.#record, { tenant, place, maxQueueSeconds }, system.now());
    if (decision.kind !== 'early') this.#record = decision.record;
    return decision;
  }
}
