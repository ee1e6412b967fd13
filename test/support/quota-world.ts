/**
 * Processes whose calls go through one quota, on virtual time: what R7 is checked against.
 *
 * Every process has a gate, and a clock that is off by up to a quarter of a second. A call that is put
 * off comes back late, or never (its process has crashed while it held a place).
 */
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { QuotaKey, QuotaLimits, QuotaRecord, QuotaTicket } from '#runtime/contracts/quota.ts';
import { ordered, type QuotaOrder } from '#runtime/core/quota-limits.ts';
import type { QuotaOutcome } from '#runtime/core/quota-outcome.ts';
import { QuotaGate, type QuotaPass, type QuotaRequest } from '#runtime/lambda/quota-gate.ts';
import type { QuotaTake, System } from '#runtime/ports.ts';

const QUOTA = 'model:default';

export interface PlannedCall {
  /** Since the beginning. */
  readonly atMs: number;
  readonly process: number;
  readonly tenant: string;
  readonly isFast: boolean;
  /** How late it comes back each time that it was put off; `null`: never. */
  readonly lateMs: number | null;
  readonly durationMs: number;
  readonly outcome: QuotaOutcome;
}

/** At the beginning, in the main lane, never late, answered at once. */
export const PLAIN_CALL: PlannedCall = {
  atMs: 0,
  process: 0,
  tenant: 't-1',
  isFast: false,
  lateMs: 0,
  durationMs: 10,
  outcome: { kind: 'answered', usedTokens: 0 },
};

export interface QuotaStory {
  readonly limits: QuotaLimits;
  readonly skewsMs: readonly number[];
  readonly calls: readonly PlannedCall[];
  /** Whoever comes back within one comes back at its end, with all the others. */
  readonly stalls: readonly { readonly fromMs: number; readonly forMs: number }[];
  readonly orders: readonly { readonly atMs: number; readonly order: QuotaOrder }[];
}

/** A call that was made. */
export interface MadeCall {
  readonly atMs: number;
  readonly tenant: string;
  readonly isFast: boolean;
}

/** The shared bucket from an instant on. */
export interface BucketChange {
  readonly atMs: number;
  readonly record: QuotaRecord;
}

export interface Told {
  readonly made: readonly MadeCall[];
  readonly refused: number;
  /** Crashed while they held a place. */
  readonly lost: number;
  readonly changes: readonly BucketChange[];
  readonly endedMs: number;
}

/** Of an attempt. */
const TIMEOUT_SECONDS = 30;

const DEADLINE_MS = 60_000;

export async function tellQuotaStory(story: QuotaStory): Promise<Told> {
  const system = new VirtualSystem();
  const startMs = system.now();
  const quotas = new WatchedLedger(system);
  const limits = { [QUOTA]: story.limits };
  const gates = story.skewsMs.map(
    (skewMs) => new QuotaGate({ quotas, system: skewed(system, skewMs), limits }),
  );
  const made: MadeCall[] = [];
  const told = { refused: 0, lost: 0 };
  const call = async (planned: PlannedCall, n: number): Promise<void> => {
    await system.sleep(planned.atMs);
    const gate = gates[planned.process % gates.length];
    if (!gate) throw new TypeError('a story needs a process');
    const stalls = story.stalls.map(({ fromMs, forMs }) => ({ fromMs: startMs + fromMs, forMs }));
    const entry = await letThrough(gate, system, { planned, n, stalls });
    if (entry === 'refused' || entry === 'lost') {
      told[entry] += 1;
      return;
    }
    made.push({ atMs: system.now(), tenant: planned.tenant, isFast: planned.isFast });
    await system.sleep(planned.durationMs);
    await gate.report(entry, planned.outcome);
  };
  const obey = async ({ atMs, order }: QuotaStory['orders'][number]): Promise<void> => {
    await system.sleep(atMs);
    await quotas.order(order, story.limits);
  };
  await system.run(Promise.all([...story.calls.map(call), ...story.orders.map(obey)]));
  return { made, ...told, changes: quotas.changes, endedMs: system.now() };
}

/** Comes back as often as it is put off, until the run's deadline. */
async function letThrough(
  gate: QuotaGate,
  system: System,
  {
    planned,
    n,
    stalls,
  }: {
    readonly planned: PlannedCall;
    readonly n: number;
    readonly stalls: QuotaStory['stalls'];
  },
): Promise<QuotaPass | 'refused' | 'lost'> {
  const deadlineMs = system.now() + DEADLINE_MS;
  let held: QuotaTicket | undefined;
  while (system.now() < deadlineMs) {
    const entry = await gate.enter(requestOf(planned, n, deadlineMs), held);
    if (entry.kind === 'go') return entry.pass;
    if (entry.kind === 'too-late') return 'refused';
    if (planned.lateMs === null) return 'lost';
    held = entry.ticket;
    const wakeAtMs = entry.dueAtMs - (held ? gate.leadMs(TIMEOUT_SECONDS) : 0);
    const backAtMs = afterStalls(wakeAtMs + planned.lateMs, stalls);
    await system.sleep(backAtMs - system.now());
    if (held) gate.woken(wakeAtMs);
  }
  return 'refused';
}

const afterStalls = (atMs: number, stalls: QuotaStory['stalls']): number =>
  stalls.reduce(
    (latest, { fromMs, forMs }) =>
      atMs >= fromMs && atMs < fromMs + forMs ? Math.max(latest, fromMs + forMs) : latest,
    atMs,
  );

const requestOf = (planned: PlannedCall, n: number, deadlineMs: number): QuotaRequest => ({
  quota: QUOTA,
  call: `call-${n}`,
  workflow: 'support',
  tenant: planned.tenant,
  ...(planned.isFast && { lane: 'fast' }),
  deadlineMs,
  signal: new AbortController().signal,
});

const skewed = (system: VirtualSystem, skewMs: number): System => ({
  now: () => system.now() + skewMs,
  randomId: () => system.randomId(),
  sleep: (ms, signal) => system.sleep(ms, signal),
});

/** Notes every change of the shared bucket. A question takes a while, so that others come between. */
class WatchedLedger extends MemoryQuotaLedger {
  readonly changes: BucketChange[] = [];
  readonly #system: VirtualSystem;
  #questions = 0;

  constructor(system: VirtualSystem) {
    super();
    this.#system = system;
  }

  override async read(keys: readonly QuotaKey[]) {
    await this.#travel();
    return super.read(keys);
  }

  override async take(take: QuotaTake) {
    await this.#travel();
    return super.take(take);
  }

  override async change(change: {
    readonly record: QuotaRecord;
    readonly before: QuotaRecord | null;
  }) {
    await this.#travel();
    const result = await super.change(change);
    if (result.kind === 'written' && change.record.tenant === undefined) {
      this.changes.push({ atMs: this.#system.now(), record: change.record });
    }
    return result;
  }

  /** As an operator's request does. */
  async order(order: QuotaOrder, configuration: QuotaLimits): Promise<void> {
    for (;;) {
      const [before = null] = await this.read([{ quota: QUOTA }]);
      if (before === null) return;
      const nowMs = this.#system.now();
      const record = ordered(before, order, { configuration, nowMs });
      if ((await this.change({ record, before })).kind === 'written') return;
    }
  }

  /** One to twenty milliseconds. */
  #travel(): Promise<void> {
    this.#questions += 1;
    return this.#system.sleep(1 + ((this.#questions * 7) % 20));
  }
}
