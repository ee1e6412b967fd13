/**
 * Kills workers, and knows what each kill has hit.
 *
 * Job: one SIGKILL a second, by turns to a worker with a step in hand and to another one, cold or idle.
 *
 * Invariants
 * K1. Only descendants of the chaos's own cloud are killed.
 * K2. No run is hit more often than MAX_HITS: the sixth lost start of one attempt is its end by design
 *     (a step that kills its workers), and no loss.
 * K3. Few workers are killed while they start up: each such kill hides a message for six times the
 *     function's timeout, and hundreds would measure nothing else.
 */
import { resourceName } from '#runtime/contracts/names.ts';
import { LocalQueue, type QueuedMessage } from '../../cli/demo/queue.ts';
import { listProcesses, workersOf } from '../../cli/demo/worker.ts';
import type { OutsideWorld } from './outside-world.ts';

const MAX_HITS = 3;
const MAX_COLD_KILLS = 4;
/** As long as a lease: what step 0 of the door sets, and a little for the way. */
const VISIBILITY_MS = 31_000;

/** A step that a kill has hit: its message was with the worker, and not acknowledged. */
export interface Hit {
  readonly run: string;
  readonly step: string;
  readonly atMs: number;
  /**
   * `in-hand`: it had begun in the killed worker. `picked-up`: its message was received and it had not
   * begun yet, by this worker or by another one: nobody outside can tell.
   */
  readonly kind: 'in-hand' | 'picked-up';
  /** Of its message. */
  readonly receiveCount: number;
  /** The worker had come past step 0 of the door: its message comes out again within the lease. */
  readonly isPastStep0: boolean;
}

interface Worker {
  readonly agent: string;
  readonly pid: number;
  /** It has not begun any step yet. */
  readonly isCold: boolean;
  /** What it has in hand. */
  readonly step: StepInHand | null;
}

/** A step that has begun in a worker, not in another one since, and whose message is not acknowledged. */
interface StepInHand {
  readonly run: string;
  readonly step: string;
  readonly message: QueuedMessage;
}

export interface KillerOptions {
  readonly endpoint: string;
  readonly cloudPid: number;
  readonly agents: readonly string[];
  readonly world: OutsideWorld;
  /** Hits of one run. @default MAX_HITS (K2) */
  readonly maxHits?: number;
  /** Kill only workers with a step in hand. @default false */
  readonly onlyBusy?: boolean;
}

export class Killer {
  readonly hits: Hit[] = [];
  kills = 0;
  readonly #options: KillerOptions;
  #turn = 0;
  #coldKills = 0;

  constructor(options: KillerOptions) {
    this.#options = options;
  }

  /** One kill, if there is a worker to kill. */
  async strike(): Promise<void> {
    const workers = (await this.#workers()).filter((worker) => this.#mayKill(worker));
    const [busy, others] = [
      workers.filter(({ step }) => step),
      workers.filter(({ step }) => !step),
    ];
    this.#turn += 1;
    const [first, second] = this.#turn % 2 === 1 ? [busy, others] : [others, busy];
    const victim = oneOf(first) ?? oneOf(second);
    if (victim === undefined) return;
    try {
      process.kill(victim.pid, 'SIGKILL');
    } catch {
      return; // It has ended by itself.
    }
    this.kills += 1;
    if (victim.isCold) this.#coldKills += 1;
    const atMs = performance.now();
    const messages = await this.#messages(victim.agent);
    // What it has done until just now counts: it may have acknowledged, or begun another step.
    const inHand = this.#stepInHand(victim, messages);
    const hits = inHand ? [hitOf('in-hand', inHand, atMs)] : this.#pickedUp(messages, atMs);
    this.hits.push(...hits);
  }

  /** Steps whose message is with a worker in which they have not begun. */
  #pickedUp(messages: readonly QueuedMessage[], atMs: number): Hit[] {
    return messages.flatMap((message) => {
      const { run, step } = placeOf(message);
      const isHere = (thing: { run: string; step: string }): boolean =>
        thing.run === run && thing.step === step;
      const last = this.hits.findLast(isHere);
      const hasBegun = this.#options.world.begins.some(
        (begin) => isHere(begin) && begin.atMs > (last?.atMs ?? 0),
      );
      const isReceived =
        message.receiveCount > (last?.receiveCount ?? 0) && message.visibleAtMs > Date.now();
      return isReceived && !hasBegun ? [hitOf('picked-up', { run, step, message }, atMs)] : [];
    });
  }

  #mayKill({ isCold, step }: Worker): boolean {
    const { maxHits = MAX_HITS, onlyBusy = false } = this.#options;
    if (isCold && this.#coldKills >= MAX_COLD_KILLS) return false;
    return step === null ? !onlyBusy : this.#hitsOf(step.run) < maxHits;
  }

  #hitsOf(run: string): number {
    return this.hits.filter((hit) => hit.run === run && hit.kind === 'in-hand').length;
  }

  async #workers(): Promise<Worker[]> {
    const { agents, cloudPid, world } = this.#options;
    const processes = await listProcesses();
    const perAgent = agents.map(async (agent) => {
      const messages = await this.#messages(agent);
      return workersOf(processes, cloudPid, resourceName('local', agent)).map((pid) => ({
        agent,
        pid,
        isCold: !world.begins.some((begin) => begin.pid === pid),
        step: this.#stepInHand({ pid }, messages),
      }));
    });
    return (await Promise.all(perAgent)).flat();
  }

  #messages(agent: string): Promise<readonly QueuedMessage[]> {
    return new LocalQueue(this.#options.endpoint, resourceName('local', agent)).peek();
  }

  #stepInHand(
    { pid }: { readonly pid: number },
    messages: readonly QueuedMessage[],
  ): StepInHand | null {
    const { begins } = this.#options.world;
    const last = begins.findLast((begin) => begin.pid === pid);
    if (last === undefined) return null;
    const { run, step } = last;
    const newest = begins.findLast((begin) => begin.run === run && begin.step === step);
    const message = messages.find((one) => {
      const place = placeOf(one);
      return place.run === run && place.step === step;
    });
    return newest === last && message ? { run, step, message } : null;
  }
}

const hitOf = (kind: Hit['kind'], { run, step, message }: StepInHand, atMs: number): Hit => ({
  run,
  step,
  atMs,
  kind,
  receiveCount: message.receiveCount,
  isPastStep0: message.visibleAtMs - Date.now() <= VISIBILITY_MS,
});

function placeOf({ body }: QueuedMessage): { readonly run: string; readonly step: string } {
  const { run, step } = JSON.parse(body);
  return { run: run.id, step: step.path };
}

const oneOf = <T>(values: readonly T[]): T | undefined =>
  values[Math.floor(Math.random() * values.length)];
