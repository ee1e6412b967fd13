import type { System } from '../ports.ts';

/** A third of what Step Functions answers a second for a whole account. */
const APART_MS = 200;
/** Questions of one round, and how many of them may be asked without need. */
const MOST = 100;
const MOST_WITHOUT_NEED = 50;

/** Deals out questions to the orchestrator: few in all, and one after the other. */
export class QuestionPace {
  readonly #system: Pick<System, 'now' | 'sleep'>;
  #asked = 0;
  #nextAtMs = 0;

  constructor(system: Pick<System, 'now' | 'sleep'>) {
    this.#system = system;
  }

  /** Resolves when it is the caller's turn to ask: `true`; at once when there is none left: `false`. */
  async turn(isNeeded: boolean): Promise<boolean> {
    if (this.#asked >= (isNeeded ? MOST : MOST_WITHOUT_NEED)) return false;
    this.#asked += 1;
    const nowMs = this.#system.now();
    const turnMs = Math.max(nowMs, this.#nextAtMs);
    this.#nextAtMs = turnMs + APART_MS;
    await this.#system.sleep(turnMs - nowMs);
    return true;
  }
}
