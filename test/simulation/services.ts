/** The services of the cloud that the runtime stands on, and the world outside. */
import { MemoryCheckpoints } from '#runtime/adapters/memory/checkpoints.ts';
import { MemoryDueRuns } from '#runtime/adapters/memory/due-runs.ts';
import { MemoryPayloadStore } from '#runtime/adapters/memory/payload-store.ts';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { QuotaLimits } from '#runtime/contracts/quota.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import type { QuotaLedger } from '#runtime/ports.ts';
import { limitsInMemory } from '../support/limits-in-memory.ts';
import { Evidence } from './evidence.ts';
import { type FaultLimits, Faults } from './faults.ts';
import { WitnessedLedger } from './ledger.ts';
import type { Machines } from './machines.ts';
import { WitnessedOutbox } from './outbox.ts';
import { Outside } from './outside.ts';
import { SimulatedQueue } from './queue.ts';
import { quotasFor } from './quotas.ts';
import { Random } from './random.ts';
import { WitnessedLanes } from './reactive/lanes.ts';
import { StepFunctions } from './step-functions.ts';
import { SimulatedStream } from './stream.ts';

const AGENT_QUEUE = { visibilitySeconds: 450, maxReceiveCount: 12 };
const STATUS_QUEUE = { visibilitySeconds: 180, maxReceiveCount: 12 };
const TIMERS_QUEUE = { visibilitySeconds: 360, maxReceiveCount: 12 };
const DEAD_LETTER_QUEUE = { visibilitySeconds: 180, maxReceiveCount: Number.POSITIVE_INFINITY };

export class Services {
  readonly random: Random;
  readonly system: VirtualSystem;
  readonly evidence: Evidence;
  readonly faults: Faults;
  readonly ledger: WitnessedLedger;
  readonly outbox: WitnessedOutbox;
  readonly lanes: WitnessedLanes;
  readonly checkpoints = new MemoryCheckpoints();
  readonly stream: SimulatedStream;
  readonly stepFunctions: StepFunctions;
  readonly outside: Outside;
  /** As the stage configures them. */
  readonly quotaLimits: Readonly<Record<string, QuotaLimits>>;
  /** What the API knows of limits and of the fleet. */
  readonly limits: Omit<ReturnType<typeof limitsInMemory>['ports'], 'quotas'> & {
    readonly quotas: QuotaLedger;
  };
  readonly dueRuns = new MemoryDueRuns();
  /** Looks at reactive runs that somebody has ordered. */
  readonly timers: SimulatedQueue;
  readonly payloads = new MemoryPayloadStore();
  readonly readModel = new MemoryReadModel();
  /** By agent. */
  readonly queues: ReadonlyMap<string, SimulatedQueue>;
  readonly statusChanges: SimulatedQueue;
  readonly givenUp: SimulatedQueue;
  /** Status changes that are on their way. */
  #telling = 0;

  constructor(
    seed: string,
    machines: Machines,
    limits: FaultLimits,
    { kind, agents }: { readonly kind: 'workflows' | 'events'; readonly agents: readonly string[] },
  ) {
    this.random = new Random(seed);
    const { random } = this;
    this.system = new VirtualSystem({ seed });
    const { system } = this;
    this.evidence = new Evidence(() => system.now());
    const { evidence } = this;
    this.faults = new Faults(random.stream('faults'), limits, (kind) =>
      evidence.note('fate', kind),
    );
    const { faults } = this;
    this.ledger = new WitnessedLedger(evidence);
    this.quotaLimits = quotasFor(random.stream('quotas'));
    const own = limitsInMemory(system, { limits: this.quotaLimits });
    this.limits = { ...own.ports, quotas: this.ledger.quotas };
    this.outbox = new WitnessedOutbox(evidence);
    this.lanes = new WitnessedLanes(evidence);
    const repeats = kind === 'events';
    this.stream = new SimulatedStream({ evidence, faults, system, repeats });
    this.outside = new Outside({ system, faults, random: random.stream('outside'), evidence });
    this.queues = new Map(agents.map((agent) => [agent, this.#queue(agent, AGENT_QUEUE)]));
    this.statusChanges = this.#queue('run-status', STATUS_QUEUE);
    this.givenUp = this.#queue('dead-letters', DEAD_LETTER_QUEUE);
    this.timers = this.#queue('timers', TIMERS_QUEUE);
    this.stepFunctions = new StepFunctions({
      system,
      faults,
      evidence,
      machines,
      random: random.stream('step-functions'),
      send: (message) => this.#enqueue(message),
      tell: (change) => void this.#tell(change),
    });
  }

  get allQueues(): readonly SimulatedQueue[] {
    return [...this.queues.values(), this.statusChanges, this.givenUp, this.timers];
  }

  get isTelling(): boolean {
    return this.#telling > 0;
  }

  /** The workflow still waits, and no other message will bring its answer. */
  isOwed(body: string): boolean {
    const token = tokenIn(body);
    return (
      token !== null &&
      this.stepFunctions.waitsFor(token) &&
      !this.allQueues.some(({ bodies }) => bodies.some((other) => tokenIn(other) === token))
    );
  }

  #queue(
    name: string,
    settings: { readonly visibilitySeconds: number; readonly maxReceiveCount: number },
  ): SimulatedQueue {
    const { system, faults, evidence, random } = this;
    const bury = (body: string): void => {
      this.givenUp.inherit(body, name);
      evidence.add(name, { kind: 'buried', queue: name, body });
    };
    return new SimulatedQueue(
      { name, ...settings, bury },
      { system, faults, random: random.stream(name) },
    );
  }

  #enqueue(message: TaskMessage): void {
    const body = JSON.stringify(message);
    const { agent } = message.step;
    void this.queues.get(agent)?.send({ body, delaySeconds: 0, group: message.run.tenant });
  }

  /** EventBridge: at least once, as a rule, and in any order. */
  async #tell(change: unknown): Promise<void> {
    const { faults, system, random } = this;
    if (faults.strikes('status-lost')) return;
    const body = JSON.stringify(change);
    const copies = faults.strikes('status-duplicated') ? 2 : 1;
    this.#telling += copies;
    for (let i = 0; i < copies; i += 1) {
      const lateMs = faults.strikes('status-late')
        ? faults.lasting('status-late', 1000, 90_000)
        : 0;
      await system.sleep(random.between(50, 800) + lateMs);
      await this.statusChanges.send({ body, delaySeconds: 0, group: 'status' });
      this.#telling -= 1;
    }
  }
}

/** The task's token, of a message that has one. */
function tokenIn(body: string): string | null {
  try {
    const { taskToken } = JSON.parse(body);
    return typeof taskToken === 'string' ? taskToken : null;
  } catch {
    return null;
  }
}
