import { FAULT_KINDS, type FaultKind } from './faults.ts';
import type { Story } from './seed-pool.ts';
import type { SeedReport } from './simulate.ts';

/** What all seeds together have shown. */
export class Total {
  readonly failed: Story[] = [];
  readonly seen = new Map<string, number>();
  readonly #schedules = new Set<string>();
  readonly #faults = new Map<FaultKind, number>();
  readonly #seeds = new Set<number>();
  #stories = 0;
  #violations = 0;

  /** Seeds in all their worlds. */
  get stories(): number {
    return this.#stories;
  }

  add({ seed, world, violations, faults, seen, schedule }: SeedReport): void {
    this.#seeds.add(seed);
    this.#stories += 1;
    this.#violations += violations.length;
    if (violations.length > 0) this.failed.push({ seed, world });
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
      seeds: this.#seeds.size,
      violations: this.#violations,
      schedules: this.#schedules.size,
      faults: Object.fromEntries(
        FAULT_KINDS.map((kind) => [kind, this.#faults.get(kind) ?? 0]),
      ) as Record<FaultKind, number>,
    };
  }
}
