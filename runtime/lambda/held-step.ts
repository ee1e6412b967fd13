/**
 * A step that this worker has claimed.
 *
 * Job: renew its lease, give it back, record its outcome or its deferral, each by compare and put.
 * Invariant: a conflict with our own renewal is tried again; a conflict with another fence is a loss (R5).
 */
import type { StepDeferral, StepOutcome, StepRecord } from '../contracts/ledger.ts';
import { releaseStep, renewStep } from '../core/claim-step.ts';
import { deferStep } from '../core/defer-step.ts';
import { settleStep } from '../core/settle-step.ts';
import type { StepLedger } from '../ports.ts';
import { ContentionError } from './attempt-errors.ts';

/** Renewal and outcome race each other at most; more rounds mean that the store does not keep its word. */
const MAX_ROUNDS = 10;

export class HeldStep {
  readonly #steps: StepLedger;
  readonly fence: number;
  #record: StepRecord;

  constructor(steps: StepLedger, claimed: StepRecord) {
    this.#steps = steps;
    this.#record = claimed;
    this.fence = claimed.fence;
  }

  /** Epoch milliseconds. */
  get leaseUntilMs(): number {
    return this.#record.leaseUntilMs;
  }

  async renew(nowMs: number): Promise<'held' | 'lost'> {
    const end = await this.#write((current) => written(renewStep(current, this.fence, nowMs)));
    return end === 'written' ? 'held' : 'lost';
  }

  /** Gives the claim back, unless it is lost or has ended: no start is used up. */
  async release(nowMs: number): Promise<void> {
    await this.#write((current) => written(releaseStep(current, this.fence, nowMs)));
  }

  /** Records that the step goes on later. Gives the outcome instead when it has one. */
  async defer(deferral: StepDeferral, nowMs: number): Promise<'deferred' | 'lost' | StepOutcome> {
    const end = await this.#write((current) => deferStep(current, deferral, nowMs));
    return end === 'written' ? 'deferred' : end;
  }

  /** Records the outcome. Gives the one that counts: ours, or the one that was there before. */
  async settle(outcome: StepOutcome): Promise<StepOutcome | 'lost'> {
    const end = await this.#write((current) => settleStep(current, outcome));
    return end === 'written' ? outcome : end;
  }

  async #write(
    decide: (current: StepRecord) => ReturnType<typeof settleStep>,
  ): Promise<'written' | 'lost' | StepOutcome> {
    let current = this.#record;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const decision = decide(current);
      if (decision.kind === 'lost') return 'lost';
      if (decision.kind === 'stored') return decision.outcome;
      const put = await this.#steps.put({ record: decision.record, expectedRev: current.rev });
      if (put.kind === 'written') {
        this.#record = decision.record;
        return 'written';
      }
      if (put.current === null) return 'lost';
      current = put.current;
    }
    throw new ContentionError(
      `the step "${current.path}" of run ${current.run} changed under ${MAX_ROUNDS} writes; allowed: a store that compares "rev"`,
    );
  }
}

const written = (record: StepRecord | null): ReturnType<typeof settleStep> =>
  record ? { kind: 'write', record } : { kind: 'lost' };
