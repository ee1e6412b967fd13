/**
 * One small world: the real runtime between simulated services, in virtual time.
 *
 * Job: wire the parts, and let the storm and the calm after it pass. Nothing here judges.
 */
import { MemoryPayloadStore } from '#runtime/adapters/memory/payload-store.ts';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { apiHandler } from '#runtime/lambda/api/api-handler.ts';
import type { DeployedWorkflows } from '#runtime/lambda/api/deployed-workflows.ts';
import { handleBatch } from '#runtime/lambda/door.ts';
import { projectEvents } from '#runtime/lambda/project-events.ts';
import { publishRunStatus } from '#runtime/lambda/publish-run-status.ts';
import { settleDeadLetters } from '#runtime/lambda/settle-dead-letters.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import type { ReadModelReader, System } from '#runtime/ports.ts';
import { support } from '../../functions/support/contracts.ts';
import { lambdaContext, type RestCall, restEvent } from '../support/rest-event.ts';
import { kinesisBatch } from '../support/stream-batch.ts';
import { simulatedAgents, simulatedModel } from './agents.ts';
import { Container, type Dependency } from './container.ts';
import { SIMULATED_WORKFLOWS } from './contracts.ts';
import { Evidence } from './evidence.ts';
import { type FaultLimits, Faults } from './faults.ts';
import { type Instance, serveQueue } from './lambda.ts';
import { WitnessedLedger } from './ledger.ts';
import type { Machines } from './machines.ts';
import { Outside } from './outside.ts';
import { SimulatedQueue } from './queue.ts';
import { Random } from './random.ts';
import { StepFunctions } from './step-functions.ts';
import { SimulatedStream } from './stream.ts';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape, judged by the checker
  readonly body: any;
}

const API_TIMEOUT_MS = 29_000;
const STATUS_TIMEOUT_MS = 30_000;
/** Concurrent executions of each function. */
const CONCURRENCY = 2;

export class World {
  readonly random: Random;
  readonly system: VirtualSystem;
  readonly evidence: Evidence;
  readonly faults: Faults;
  readonly ledger: WitnessedLedger;
  readonly stream: SimulatedStream;
  readonly stepFunctions: StepFunctions;
  readonly outside: Outside;
  readonly readModel = new MemoryReadModel();
  readonly payloads = new MemoryPayloadStore();
  readonly queues: ReadonlyMap<string, SimulatedQueue>;
  readonly statusChanges: SimulatedQueue;
  readonly givenUp: SimulatedQueue;
  readonly #awayUntilMs = new Map<Dependency, number>();
  readonly #names = new Map<string, number>();
  #projected = 0;
  /** Status changes that are on their way. */
  #telling = 0;
  #api: { readonly container: Container; readonly handle: ReturnType<typeof apiHandler> } | null =
    null;

  constructor(seed: string, machines: Machines, limits: FaultLimits) {
    this.random = new Random(seed);
    this.system = new VirtualSystem({ seed });
    const { system, random } = this;
    this.evidence = new Evidence(() => system.now());
    const { evidence } = this;
    this.faults = new Faults(random.stream('faults'), limits, (kind) =>
      evidence.note('fate', kind),
    );
    const { faults } = this;
    this.ledger = new WitnessedLedger(evidence);
    this.stream = new SimulatedStream({ evidence, faults, system });
    this.outside = new Outside({ system, faults, random: random.stream('outside'), evidence });
    this.givenUp = this.#queue('dead-letters', 180, Number.POSITIVE_INFINITY);
    this.queues = new Map(
      [...this.#agentsIn(this.#container('agents')).keys()].map((agent) => [
        agent,
        this.#queue(agent, 450, 12),
      ]),
    );
    this.statusChanges = this.#queue('run-status', 180, 12);
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

  /** Starts everything that runs by itself. */
  boot(): void {
    for (const [agent, queue] of this.queues) {
      for (let i = 0; i < CONCURRENCY; i += 1) void this.#serveAgent(agent, queue);
    }
    void this.#serveStatus();
    void this.#serveGivenUp();
    void this.#project();
    void this.#storms();
    void this.#litter();
  }

  /** A request to the API; `null` when no answer came. */
  async request(call: RestCall): Promise<Answer | null> {
    if (!this.#api || this.#api.container.isDead) this.#api = this.#bootApi();
    const { container, handle } = this.#api;
    const answered = handle(restEvent(call), lambdaContext).then((result) => ({
      status: result.statusCode,
      body: JSON.parse(result.body),
    }));
    if (this.faults.strikes('killed')) {
      void this.system
        .sleep(this.faults.lasting('killed', 1, 3000))
        .then(() => container.kill('killed'));
    }
    const late = this.system.sleep(API_TIMEOUT_MS).then(() => 'late' as const);
    const answer = await Promise.race([answered, container.died, late]);
    if (answer === 'late') container.kill('it overran the time of its function');
    if (typeof answer === 'string') return null;
    const { method = 'GET', path } = call;
    this.evidence.add('client', { kind: 'requested', method, path, ...answer });
    return answer;
  }

  /** Reads through the API, from a read model; `null` for what is not there. Nothing goes wrong here. */
  reader(readModel: ReadModelReader) {
    const handle = apiHandler({
      ...this.#apiParts(this.system),
      ...this.ledger.memory,
      readModel,
      payloads: this.payloads,
      steps: this.ledger.memory.steps,
      calls: this.ledger.memory.calls,
      orchestrator: this.stepFunctions.orchestrator,
      events: this.stream.writer('reader'),
    });
    return async (path: string) => {
      const { statusCode, body } = await handle(restEvent({ path }), lambdaContext);
      return statusCode === 200 ? JSON.parse(body) : null;
    };
  }

  /** Every run that there is a record of. */
  get acceptedRuns(): readonly string[] {
    const written = this.evidence.facts.flatMap((fact) =>
      fact.kind === 'run-written' ? [fact.after.run] : [],
    );
    return [...new Set(written)];
  }

  isAway(dependency: Dependency): boolean {
    return !this.faults.isHealed && (this.#awayUntilMs.get(dependency) ?? 0) > this.system.now();
  }

  /** What still moves, or could; `null` when everything is quiet. */
  get unrest(): string | null {
    const running = this.stepFunctions.executions.filter(({ status }) => status === 'RUNNING');
    const queues = this.#allQueues.filter(({ size }) => size > 0);
    const reasons = [
      ...running.map(({ name }) => `execution ${name} runs`),
      ...queues.map(({ name, size }) => `${size} messages in ${name}`),
      ...(this.#telling > 0 ? ['a status is on its way'] : []),
      ...(this.#projected < this.stream.records.length ? ['events are not projected yet'] : []),
    ];
    return reasons.length > 0 ? reasons.join(', ') : null;
  }

  #queue(name: string, visibilitySeconds: number, maxReceiveCount: number): SimulatedQueue {
    const { system, faults, evidence } = this;
    const bury = (body: string): void => {
      this.givenUp.inherit(body, name);
      evidence.add(name, { kind: 'buried', queue: name, body });
    };
    return new SimulatedQueue(
      { name, visibilitySeconds, maxReceiveCount, bury },
      { system, faults, random: this.random.stream(name) },
    );
  }

  #container(role: string): Container {
    const number = (this.#names.get(role) ?? 0) + 1;
    this.#names.set(role, number);
    const name = `${role}#${number}`;
    const { system, faults, evidence } = this;
    return new Container(name, {
      system,
      faults,
      random: this.random.stream(name),
      isAway: (dependency) => this.isAway(dependency),
      note: (text) => evidence.note(name, text),
    });
  }

  #agentsIn(container: Container) {
    const { outside, faults, evidence } = this;
    return simulatedAgents({ container, outside, faults, evidence });
  }

  async #serveAgent(agent: string, queue: SimulatedQueue): Promise<never> {
    const code = this.#agentsIn(this.#container('agents')).get(agent);
    const { timeoutSeconds = 0 } = code?.contract ?? {};
    return serveQueue(this, {
      queue,
      timeoutMs: (timeoutSeconds + 15) * 1000,
      batchSize: 10,
      boot: () => this.#bootAgent(agent, queue),
      isOwed: (body) => this.#isOwed(body),
    });
  }

  #bootAgent(agent: string, queue: SimulatedQueue): Instance {
    const container = this.#container(agent);
    const code = this.#agentsIn(container).get(agent);
    if (!code) throw new TypeError(`no agent "${agent}"`);
    const { outside, faults, evidence } = this;
    const { steps, calls, deadLetters } = this.ledger.ports(container.name);
    const ports = {
      steps: container.reach('ledger', steps),
      calls: container.reach('ledger', calls),
      deadLetters: container.reach('ledger', deadLetters),
      events: container.reach('stream', this.stream.writer(container.name)),
      queue: container.reach('queue', queue),
      tasks: container.reach('orchestrator', this.stepFunctions.callback(container.name)),
      model: simulatedModel({ container, outside, faults, evidence }),
      payloads: container.reach('payloads', this.payloads),
      system: container.system,
      telemetry: SILENT,
    };
    return { container, handle: (event, context) => handleBatch(code, ports, event, context) };
  }

  /** The workflow still waits, and no other message will bring its answer. */
  #isOwed(body: string): boolean {
    const token = tokenIn(body);
    return (
      token !== null &&
      this.stepFunctions.waitsFor(token) &&
      !this.#allQueues.some(({ bodies }) => bodies.some((other) => tokenIn(other) === token))
    );
  }

  get #allQueues(): readonly SimulatedQueue[] {
    return [...this.queues.values(), this.statusChanges, this.givenUp];
  }

  #serveStatus(): Promise<never> {
    return serveQueue(this, {
      queue: this.statusChanges,
      timeoutMs: STATUS_TIMEOUT_MS,
      batchSize: 10,
      isOwed: () => false,
      boot: () => {
        const container = this.#container('publish-run-status');
        const { runs, deadLetters } = this.ledger.ports(container.name);
        const ports = {
          runs: container.reach('ledger', runs),
          deadLetters: container.reach('ledger', deadLetters),
          events: container.reach('stream', this.stream.writer(container.name)),
          executions: container.reach('orchestrator', this.stepFunctions.reader),
          telemetry: SILENT,
        };
        return { container, handle: (event) => publishRunStatus(ports, event) };
      },
    });
  }

  #serveGivenUp(): Promise<never> {
    return serveQueue(this, {
      queue: this.givenUp,
      timeoutMs: STATUS_TIMEOUT_MS,
      batchSize: 10,
      isOwed: (body) => this.#isOwed(body),
      boot: () => {
        const container = this.#container('settle-dead-letters');
        const { steps, calls, deadLetters } = this.ledger.ports(container.name);
        const ports = {
          steps: container.reach('ledger', steps),
          calls: container.reach('ledger', calls),
          deadLetters: container.reach('ledger', deadLetters),
          events: container.reach('stream', this.stream.writer(container.name)),
          queue: container.reach('queue', this.givenUp),
          tasks: container.reach('orchestrator', this.stepFunctions.callback(container.name)),
          system: container.system,
          telemetry: SILENT,
        };
        const place = { stage: 'test', retentionHours: 24 };
        return { container, handle: (event) => settleDeadLetters(ports, place, event) };
      },
    });
  }

  #bootApi() {
    const container = this.#container('api');
    const { runs, steps, calls } = this.ledger.ports(container.name);
    const handle = apiHandler({
      ...this.#apiParts(container.system),
      runs: container.reach('ledger', runs),
      steps: container.reach('ledger', steps),
      calls: container.reach('ledger', calls),
      orchestrator: container.reach('orchestrator', this.stepFunctions.orchestrator),
      events: container.reach('stream', this.stream.writer(container.name)),
      payloads: container.reach('payloads', this.payloads),
      readModel: this.readModel,
    });
    return { container, handle };
  }

  #apiParts(system: System) {
    return { stage: 'test', workflows: WORKFLOWS, system, telemetry: SILENT };
  }

  /** Reads the shard in order, batch by batch; some come twice, some before others. */
  async #project(): Promise<never> {
    const { stream, random, faults } = this;
    const container = this.#container('project-events');
    const { deadLetters } = this.ledger.ports(container.name);
    const ports = { readModel: this.readModel, deadLetters, telemetry: SILENT };
    for (;;) {
      await stream.beyond(this.#projected);
      await this.system.sleep(random.between(20, 1500));
      const size = random.between(1, 25);
      const from = faults.strikes('batch-replayed')
        ? Math.max(0, this.#projected - size)
        : this.#projected;
      const to = Math.min(this.#projected + size, stream.records.length);
      const batch = stream.records.slice(from, to);
      const ordered = faults.strikes('batch-reordered') ? random.shuffled(batch) : batch;
      await projectEvents(ports, kinesisBatch(ordered));
      this.#projected = to;
    }
  }

  #enqueue(message: TaskMessage): void {
    const body = JSON.stringify(message);
    const { agent } = message.step;
    void this.queues.get(agent)?.send({ body, delaySeconds: 0, group: message.run.tenant });
  }

  async #tell(change: unknown): Promise<void> {
    const { faults, system, random } = this;
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

  /** Now and then somebody puts something unreadable somewhere. */
  async #litter(): Promise<void> {
    const { faults, system, random, evidence } = this;
    const [agent] = random.shuffled([...this.queues.values()]);
    for (let i = 0; !faults.isHealed; i += 1) {
      await system.sleep(random.between(5000, 60_000));
      if (!faults.strikes('garbage')) continue;
      const body = random.pick(GARBAGE).replace('#', String(i));
      const queue = random.chance(0.5) ? this.statusChanges : agent;
      const isStreamed = random.chance(0.4);
      const where = isStreamed ? 'the stream' : (queue?.name ?? '');
      evidence.add('fate', { kind: 'littered', where, body });
      if (isStreamed) this.stream.pollute(body);
      else await queue?.send({ body, delaySeconds: 0, group: 'garbage' });
    }
  }

  /** Now and then a dependency is away for a while. */
  async #storms(): Promise<void> {
    const { faults, system, evidence } = this;
    while (!faults.isHealed) {
      await system.sleep(10_000);
      for (const dependency of ['ledger', 'stream', 'queue', 'orchestrator'] as const) {
        if (!faults.strikes(`${dependency}-outage`)) continue;
        const ms = faults.lasting(`${dependency}-outage`, 500, 45_000);
        evidence.note('fate', `the ${dependency} is away for ${ms} ms`);
        this.#awayUntilMs.set(dependency, system.now() + ms);
      }
    }
  }
}

const GARBAGE = [
  'not json #',
  '{"schemaVersion":1,"n":#}',
  '[null,#]',
  '{"specversion":"1.0","type":"signalbox.run.succeeded","id":"#"}',
] as const;

const WORKFLOWS: DeployedWorkflows = new Map(
  [...SIMULATED_WORKFLOWS, support].map((contract) => [
    contract.name,
    { contract, defVersion: 'v1' },
  ]),
);

/** The task's token, of a message that has one. */
function tokenIn(body: string): string | null {
  try {
    const { taskToken } = JSON.parse(body);
    return typeof taskToken === 'string' ? taskToken : null;
  } catch {
    return null;
  }
}
