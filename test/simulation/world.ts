/**
 * One small world: the real runtime between simulated services, in virtual time.
 *
 * Job: let everything run that runs by itself, and let the weather happen. Nothing here judges.
 */
import type { AgentContract } from '#runtime/contracts/agent.ts';
import type { ApiHandler } from '#runtime/lambda/api/api-handler.ts';
import { lambdaContext, type RestCall, restEvent } from '../support/rest-event.ts';
import { kinesisBatch } from '../support/stream-batch.ts';
import { AGENT_CONTRACTS } from './agents.ts';
import { Container, type Dependency } from './container.ts';
import type { FaultLimits } from './faults.ts';
import {
  bootAgent,
  bootApi,
  bootDeadLetters,
  bootRunStatus,
  project,
  reconcileOnce,
} from './functions.ts';
import { serveQueue } from './lambda.ts';
import type { Machines } from './machines.ts';
import type { SimulatedQueue } from './queue.ts';
import { TALK_CONTRACTS } from './reactive/contracts.ts';
import { EventPlane } from './reactive/event-plane.ts';
import { Services } from './services.ts';

/** What goes on in a world: workflows, or agents that react to events. */
export type WorldKind = 'workflows' | 'events';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape, judged by the checker
  readonly body: any;
}

const API_TIMEOUT_MS = 29_000;
const PLATFORM_TIMEOUT_MS = 30_000;
const RECONCILE_EVERY_MS = 60_000;
/** Concurrent executions of each agent. */
const CONCURRENCY = 2;

export class World {
  readonly services: Services;
  /** Present in a world of events. */
  readonly plane: EventPlane | null;
  readonly #agents: readonly Pick<AgentContract, 'name' | 'timeoutSeconds'>[];
  readonly #awayUntilMs = new Map<Dependency, number>();
  readonly #names = new Map<string, number>();
  #projected = 0;
  #api: { readonly container: Container; readonly handle: ApiHandler } | null = null;

  constructor(seed: string, kind: WorldKind, machines: Machines, limits: FaultLimits) {
    this.#agents = kind === 'events' ? TALK_CONTRACTS : AGENT_CONTRACTS;
    const agents = this.#agents.map(({ name }) => name);
    this.services = new Services(seed, machines, limits, { kind, agents });
    this.plane = kind === 'events' ? new EventPlane(this) : null;
  }

  /** Starts everything that runs by itself. */
  boot(): void {
    for (const { name, timeoutSeconds } of this.#agents) {
      const queue = this.services.queues.get(name);
      for (let i = 0; queue && i < CONCURRENCY; i += 1) {
        void this.#serve(queue, (timeoutSeconds + 15) * 1000, () =>
          bootAgent(this.services, this.container(name), name, queue),
        );
      }
    }
    const { statusChanges, givenUp } = this.services;
    void this.#serve(statusChanges, PLATFORM_TIMEOUT_MS, () =>
      bootRunStatus(this.services, this.container('publish-run-status')),
    );
    void this.#serve(givenUp, PLATFORM_TIMEOUT_MS, () =>
      bootDeadLetters(this.services, this.container('settle-dead-letters')),
    );
    void this.#reconcile();
    if (this.plane) this.plane.boot();
    else void this.#project();
    void this.#storms();
    void this.#litter();
  }

  /** A request to the API; `null` when no answer came. */
  async request(call: RestCall): Promise<Answer | null> {
    const { faults, system, evidence } = this.services;
    if (!this.#api || this.#api.container.isDead) this.#api = this.#bootApi();
    const { container, handle } = this.#api;
    const sentMs = system.now();
    const answered = handle(restEvent(call), lambdaContext).then((result) => ({
      status: result.statusCode,
      body: JSON.parse(result.body),
    }));
    if (faults.strikes('killed')) {
      void system.sleep(faults.lasting('killed', 1, 3000)).then(() => container.kill('killed'));
    }
    const late = system.sleep(API_TIMEOUT_MS).then(() => 'late' as const);
    const answer = await Promise.race([answered, container.died, late]);
    if (answer === 'late') container.kill('it overran the time of its function');
    if (typeof answer === 'string') return null;
    const { method = 'GET', path } = call;
    evidence.add('client', { kind: 'requested', sentMs, method, path, ...answer });
    return answer;
  }

  /** What still moves, or could; `null` when everything is quiet. */
  get unrest(): string | null {
    const { stepFunctions, allQueues, outbox, isTelling } = this.services;
    const running = stepFunctions.executions.filter(({ status }) => status === 'RUNNING');
    const reasons = [
      ...running.map(({ name }) => `execution ${name} runs`),
      ...allQueues
        .filter(({ size }) => size > 0)
        .map(({ name, size }) => `${size} messages in ${name}`),
      ...(isTelling ? ['a status is on its way'] : []),
      ...(outbox.size > 0 ? [`${outbox.size} events in the outbox`] : []),
      ...(this.plane ? [...this.plane.behind, ...this.plane.owed] : this.#unprojected),
      ...this.#unended,
    ];
    return reasons.length > 0 ? reasons.join(', ') : null;
  }

  get #unprojected(): readonly string[] {
    const isBehind = this.#projected < this.services.stream.records.length;
    return isBehind ? ['events are not projected yet'] : [];
  }

  /** Runs whose end nobody has put on record, or whose beginning nobody has told. */
  get #unended(): readonly string[] {
    return [...this.services.ledger.runs.values()].flatMap(({ run, gen, end, progress }) => [
      ...(end?.gen === gen ? [] : [`run ${run}, generation ${gen}, has no end on record`]),
      ...(progress === 'announced' ? [] : [`run ${run}, generation ${gen}, is not announced`]),
    ]);
  }

  container(role: string): Container {
    const number = (this.#names.get(role) ?? 0) + 1;
    this.#names.set(role, number);
    const name = `${role}#${number}`;
    const { system, faults, evidence, random } = this.services;
    return new Container(name, {
      system,
      faults,
      random: random.stream(name),
      isAway: (dependency) => this.#isAway(dependency),
      note: (text) => evidence.note(name, text),
      delayed: (ms) => evidence.add(name, { kind: 'delayed', ms, isEverybody: false }),
    });
  }

  #isAway(dependency: Dependency): boolean {
    const { faults, system } = this.services;
    return !faults.isHealed && (this.#awayUntilMs.get(dependency) ?? 0) > system.now();
  }

  #serve(
    queue: SimulatedQueue,
    timeoutMs: number,
    boot: Parameters<typeof serveQueue>[1]['boot'],
  ): Promise<never> {
    const isOwed = (body: string): boolean => this.services.isOwed(body);
    return serveQueue(this.services, { queue, timeoutMs, batchSize: 10, boot, isOwed });
  }

  #bootApi() {
    const container = this.container('api');
    return { container, handle: bootApi(this.services, container, this.services.readModel) };
  }

  /** Every minute; a round that hangs does not hold up the next. */
  async #reconcile(): Promise<never> {
    const { system, faults } = this.services;
    for (;;) {
      await system.sleep(RECONCILE_EVERY_MS);
      const container = this.container('reconcile');
      if (faults.strikes('killed')) {
        void system.sleep(faults.lasting('killed', 1, 500)).then(() => container.kill('killed'));
      }
      void reconcileOnce(this.services, container).catch(() => undefined);
    }
  }

  /** Reads the shard in order, batch by batch; some come twice, some before others. */
  async #project(): Promise<never> {
    const { stream, random, faults, system } = this.services;
    for (;;) {
      await stream.beyond(this.#projected);
      await system.sleep(random.between(20, 1500));
      const size = random.between(1, 25);
      const from = faults.strikes('batch-replayed')
        ? Math.max(0, this.#projected - size)
        : this.#projected;
      const to = Math.min(this.#projected + size, stream.records.length);
      const batch = stream.records.slice(from, to);
      const ordered = faults.strikes('batch-reordered') ? random.shuffled(batch) : batch;
      if (await this.#projectBatch(ordered)) this.#projected = to;
    }
  }

  /** True when the batch is applied; otherwise it comes again. */
  async #projectBatch(batch: readonly string[]): Promise<boolean> {
    const container = this.container('project-events');
    const applied = project(this.services, container, kinesisBatch(batch)).then(
      ({ batchItemFailures }) => batchItemFailures.length === 0,
      () => false,
    );
    return (await Promise.race([applied, container.died])) === true;
  }

  /** Now and then somebody puts something unreadable somewhere. */
  async #litter(): Promise<void> {
    const { faults, system, random, evidence, stream, statusChanges, queues } = this.services;
    const [agent = statusChanges] = random.shuffled([...queues.values()]);
    for (let i = 0; !faults.isHealed; i += 1) {
      await system.sleep(random.between(5000, 60_000));
      if (!faults.strikes('garbage')) continue;
      const body = random.pick(GARBAGE).replace('#', String(i));
      const queue = random.pick([statusChanges, agent, null]);
      evidence.add('fate', { kind: 'littered', where: queue?.name ?? 'the stream', body });
      if (queue) await queue.send({ body, delaySeconds: 0, group: 'garbage' });
      else stream.pollute(body);
    }
  }

  /** Now and then a dependency is away for a while. */
  async #storms(): Promise<void> {
    const { faults, system, evidence } = this.services;
    while (!faults.isHealed) {
      await system.sleep(10_000);
      for (const dependency of ['ledger', 'stream', 'queue', 'orchestrator'] as const) {
        if (!faults.strikes(`${dependency}-outage`)) continue;
        const ms = faults.lasting(`${dependency}-outage`, 500, 45_000);
        evidence.note('fate', `the ${dependency} is away for ${ms} ms`);
        evidence.add('fate', { kind: 'delayed', ms, isEverybody: true });
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
