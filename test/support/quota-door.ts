import type { QuotaRecord } from '#runtime/contracts/quota.ts';
import { platformEvents } from '#runtime/core/platform-event.ts';
import { ordered } from '#runtime/core/quota-limits.ts';
import type { AgentCode } from '#runtime/lambda/agent-code.ts';
import { ScriptedModel } from '#runtime/testing/scripted-model.ts';
import { DoorWorld, type WorkOptions } from './door-world.ts';
import { NOW, taskMessage } from './steps.ts';

export const MODEL = 'model:default';

/** A door whose model remembers when it was asked. */
export class QuotaWorld extends DoorWorld {
  readonly askedMs: number[] = [];
  /** What a request does before it is answered. */
  beforeReply: (request: number) => Promise<void> | void = () => undefined;
  override readonly model = new ScriptedModel(async () => {
    this.askedMs.push(this.system.now() - NOW);
    await this.beforeReply(this.askedMs.length);
    return { reply: 'yes' };
  });

  constructor(requestsPerSecond: number, burst = 1) {
    super();
    this.limits = { [MODEL]: { requestsPerSecond, burst } };
  }

  /** Steps of one run each, `run-1` and so on. */
  dispatchSteps(count: number, deadlineMs = NOW + 600_000): void {
    for (let i = 1; i <= count; i += 1) {
      this.dispatch(taskMessage({ run: `run-${i}`, deadlineMs }));
    }
  }

  /** Workers that take what the queue has, every quarter of a second. */
  async workFor(
    code: AgentCode,
    seconds: number,
    ports: WorkOptions['ports'] = this.ports,
  ): Promise<void> {
    for (let quarter = 0; quarter < seconds * 4; quarter += 1) {
      void this.work(code, { ports });
      await this.system.advance(250);
    }
  }

  async bucket(quota = MODEL): Promise<QuotaRecord> {
    const [record] = await this.quotas.read([{ quota }]);
    if (!record) throw new TypeError(`no bucket "${quota}"`);
    return record;
  }

  async pause(paused: boolean): Promise<void> {
    const before = await this.bucket();
    const { setBy: _, limits: configuration } = before;
    const record = ordered(before, { paused }, { configuration, nowMs: this.system.now() });
    await this.quotas.change({ record, before });
  }

  eventsOf<T extends string>(type: T, run = 'run-1') {
    return platformEvents(this.events.events).filter(
      (event) => event.type === type && event.run === run,
    );
  }

  outcomesOf(runs: number) {
    return Array.from({ length: runs }, (_, i) =>
      this.outcomes('answer', `run-${i + 1}`).map(({ result }) => result.status),
    );
  }
}

/** One outcome each, as `outcomesOf` gives them. */
export const succeeded = (runs: number) => Array.from({ length: runs }, () => ['succeeded']);
