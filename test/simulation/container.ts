/**
 * A Lambda container: the place where real runtime code runs, and where it dies.
 *
 * Every interaction with the world outside goes through `interact`: there it takes time, fails, is
 * lost, or is the last thing that the container did. A dead container does nothing any more, and
 * notices nothing of it. Its clock is its own.
 */
import type { System } from '#runtime/ports.ts';
import type { Faults } from './faults.ts';
import type { Random } from './random.ts';

/** The parts of the world that can be away. */
export type Dependency =
  | 'ledger'
  | 'stream'
  | 'queue'
  | 'orchestrator'
  | 'payloads'
  | 'read-model'
  | 'model'
  | 'outside';

export interface Surroundings {
  readonly system: System;
  readonly faults: Faults;
  readonly random: Random;
  readonly isAway: (dependency: Dependency) => boolean;
  readonly note: (text: string) => void;
  /** It stands still for so long. */
  readonly delayed: (ms: number) => void;
}

const SKEW_MS = 2000;
const LATENCY_MS = [0, 1, 2, 3, 5, 8, 15, 40] as const;

export class Container {
  readonly name: string;
  readonly system: System;
  readonly #around: Surroundings;
  readonly #died = Promise.withResolvers<'died'>();
  #isDead = false;
  #pausedUntilMs = 0;

  constructor(name: string, around: Surroundings) {
    this.name = name;
    this.#around = around;
    const { system, faults } = around;
    const skewMs = faults.strikes('clock-skew')
      ? faults.lasting('clock-skew', -SKEW_MS, SKEW_MS)
      : 0;
    this.system = {
      now: () => system.now() + skewMs,
      randomId: () => system.randomId(),
      sleep: async (ms, signal) => {
        await system.sleep(ms, signal);
        await this.#resume();
      },
    };
  }

  /** Resolves when the container has died. */
  get died(): Promise<'died'> {
    return this.#died.promise;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(why: string): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#around.note(`${this.name} dies: ${why}`);
    this.#died.resolve('died');
  }

  /** One interaction with the world outside. */
  async interact<T>(dependency: Dependency, what: string, perform: () => Promise<T>): Promise<T> {
    const { faults } = this.#around;
    await this.#resume();
    if (faults.strikes('crash-before')) this.kill(`before ${what}`);
    await this.#travel(what);
    this.#failIfAway(dependency, what);
    const result = await perform();
    if (faults.strikes('crash-after')) this.kill(`after ${what}`);
    await this.#travel(what);
    if (!faults.strikes('lost-response')) return result;
    this.#around.note(`${this.name}: ${what} is done, its response is lost`);
    throw lost(`socket hang up (${what})`, 'ECONNRESET');
  }

  /** The same port, reached from this container. */
  reach<P extends object>(dependency: Dependency, port: P): P {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) =>
          this.interact(dependency, `${dependency}.${String(name)}`, async () =>
            method.apply(target, args),
          );
      },
    });
  }

  /** On the way: latency, slowness, a pause. */
  async #travel(what: string): Promise<void> {
    const { system, faults, random } = this.#around;
    if (faults.strikes('paused')) {
      const ms = faults.lasting('paused', 5000, 50_000);
      this.#around.note(`${this.name} stands still for ${ms} ms at ${what}`);
      this.#pausedUntilMs = system.now() + ms;
      this.#around.delayed(ms);
    }
    const slowMs = faults.strikes('slow-call') ? faults.lasting('slow-call', 200, 12_000) : 0;
    if (slowMs > 0) this.#around.delayed(slowMs);
    await system.sleep(random.pick(LATENCY_MS) + slowMs);
    await this.#resume();
  }

  /** Waits for the end of a pause; for ever when dead. */
  async #resume(): Promise<void> {
    const { system } = this.#around;
    while (this.#pausedUntilMs > system.now())
      await system.sleep(this.#pausedUntilMs - system.now());
    if (this.#isDead) await forever();
  }

  #failIfAway(dependency: Dependency, what: string): void {
    const { faults, isAway } = this.#around;
    if (!isAway(dependency) && !faults.strikes('failed-call')) return;
    this.#around.note(`${this.name}: ${what} fails`);
    throw lost(`connect ECONNREFUSED (${what})`, 'ECONNREFUSED');
  }
}

/** As Node says it. */
const lost = (message: string, code: string): Error =>
  Object.assign(new TypeError(message), { code });

const forever = (): Promise<never> => new Promise(() => undefined);
