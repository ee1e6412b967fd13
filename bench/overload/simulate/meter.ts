/** What the projector would have sampled: the story's steps and runs, a second at a time, a little late. */
import type { MeterSample, RunSample, StageSample } from '#runtime/contracts/fleet.ts';
import { noRuns, noSteps } from '#runtime/core/stage-meter.ts';
import type { System } from '#runtime/ports.ts';

const BATCH_MS = 1000;
/** Of the stream and its consumer. */
const LAG_MS = 1500;
const KEPT_MS = 90_000;

type Counts<T> = { -readonly [K in keyof T]: T[K] };

export class StoryMeter {
  readonly #system: System;
  readonly #workflow: string;
  readonly #samples: MeterSample[] = [];
  #stages = new Map<string, Counts<StageSample>>();
  #runs: Counts<RunSample>;

  constructor(system: System, workflow: string) {
    this.#system = system;
    this.#workflow = workflow;
    this.#runs = noRuns(workflow);
    void this.#flush();
  }

  /** Samples that have been read at or after `sinceMs`. */
  since(sinceMs: number): readonly MeterSample[] {
    const readMs = this.#system.now() - LAG_MS;
    return this.#samples.filter(({ atMs }) => atMs >= sinceMs && atMs <= readMs);
  }

  /** A step was received for the first time. */
  arrived(agent: string, waitMs: number): void {
    const stage = this.#stage(agent);
    stage.arrived += 1;
    stage.waitMs += waitMs;
    stage.oldestWaitMs = Math.max(stage.oldestWaitMs, waitMs);
  }

  ended(agent: string, runMs: number): void {
    const stage = this.#stage(agent);
    stage.ended += 1;
    stage.runMs += runMs;
  }

  deferred(agent: string): void {
    this.#stage(agent).deferred += 1;
  }

  accepted(): void {
    this.#runs.accepted += 1;
  }

  succeeded(durationMs: number): void {
    this.#runs.succeeded += 1;
    this.#runs.durationMs += durationMs;
  }

  endedOtherwise(): void {
    this.#runs.endedOtherwise += 1;
  }

  #stage(agent: string): Counts<StageSample> {
    const stage = this.#stages.get(agent) ?? noSteps(this.#workflow, agent);
    this.#stages.set(agent, stage);
    return stage;
  }

  async #flush(): Promise<never> {
    for (;;) {
      await this.#system.sleep(BATCH_MS);
      const atMs = this.#system.now();
      const stages = [...this.#stages.values()];
      const own = { consumer: 'projector', events: stages.length, lagMs: LAG_MS };
      this.#samples.push({ id: `${atMs}`, atMs, ...own, stages, runs: [this.#runs] });
      while ((this.#samples[0]?.atMs ?? atMs) < atMs - KEPT_MS) this.#samples.shift();
      this.#stages = new Map();
      this.#runs = noRuns(this.#workflow);
    }
  }
}
