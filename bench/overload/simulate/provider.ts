/** The model provider of a simulated story: the model server's own faults, on virtual time. */
import type { System } from '#runtime/ports.ts';
import { FaultPlan, type Faults, NO_FAULTS } from '../../../localstack/model-server/faults.ts';

export type Reply =
  | { readonly kind: 'answer' | 'error' | 'timeout' }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number };

/** The way to a provider and back, without its work. */
const TRAVEL_MS = 30;
const NEVER_MS = 1e9;

export class StoryProvider {
  readonly #system: System;
  readonly #plan: FaultPlan;
  #inFlight = 0;
  #calls = 0;
  #refused = 0;

  constructor(system: System, faults: Partial<Faults>, seed: number) {
    this.#system = system;
    this.#plan = new FaultPlan({ ...NO_FAULTS, ...faults }, seed, system.now());
  }

  /** Calls so far, refused ones too. */
  get calls(): number {
    return this.#calls;
  }

  /** Calls so far that were answered 429. */
  get refused(): number {
    return this.#refused;
  }

  change(faults: Partial<Faults>): void {
    this.#plan.change(faults, this.#system.now());
  }

  /** @param patienceMs after which the caller gives up */
  async ask(patienceMs: number): Promise<Reply> {
    await this.#system.sleep(TRAVEL_MS / 2);
    this.#calls += 1;
    const fate = this.#plan.next(this.#system.now(), this.#inFlight);
    if (fate.kind === 'throttle') this.#refused += 1;
    const workMs = fate.kind === 'hang' ? NEVER_MS : fate.kind === 'unavailable' ? 0 : fate.delayMs;
    const restMs = patienceMs - TRAVEL_MS / 2;
    this.#inFlight += 1;
    await this.#system.sleep(Math.min(workMs + TRAVEL_MS / 2, restMs));
    this.#inFlight -= 1;
    if (workMs + TRAVEL_MS / 2 > restMs) return { kind: 'timeout' };
    switch (fate.kind) {
      case 'throttle':
        return { kind: 'throttle', retryAfterSeconds: fate.retryAfterSeconds };
      case 'answer':
        return { kind: 'answer' };
      default:
        return { kind: 'error' };
    }
  }
}
