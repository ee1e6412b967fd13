import { FAULT_KINDS, type FaultKind } from './faults.ts';
import type { SeedReport } from './simulate.ts';

/** What all seeds together have shown. */
export class Total {
  seeds = 0;
  readonly failed: number[] = [];
  readonly seen = new Map<string, number>();
  readonly #schedules = new Set<string>();
  readonly #faults = new Map<FaultKind, number>();
  #violations = 0;

  add({ seed, violations, faults, seen, schedule }: SeedReport): void {
    this.seeds += 1;
    this.#violations += violations.length;
    if (violations.length > 0) this.failed.push(seed);
    this.#schedules.add(schedule);
    for (const kind of FAULT_KINDS) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + faults[kind]);
    }
    for (const [what, times] of Object.entries(seen)) {
      this.seen.set(what, (this.seen.get(what) ?? 0) + times);
    }
  }

  get summary() {
    return {
      seeds: this.seeds,
      violations: this.#violations,
      schedules: this.#schedules.size,
      faults: Object.fromEntries(
        FAULT_KINDS.map((kind) => [kind, this.#faults.get(kind) ?? 0]),
      ) as Record<FaultKind, number>,
    };
  }
}
