/**
 * R7 for budgets: workers that reserve, call, settle, die and come again, in any order, on one record
 * that they read at different times.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import type { BudgetRecord, Spending } from '#runtime/contracts/budget.ts';
import {
  endHolder,
  endReservations,
  reservationKey,
  reserve,
  type Spender,
  spentOf,
} from '#runtime/core/budget.ts';
import { roundedUsd } from '#runtime/core/usd.ts';

const LIMITS = { usd: 0.1, tokens: 1000 };

/** One worker, at one step; it may die between any two of its actions. */
interface Worker {
  readonly spender: Spender;
  record: BudgetRecord | null;
  settled: Map<string, Spending>;
  /** What its call in flight may cost. */
  calling: Spending | null;
}

const actions = fc.record({
  step: fc.integer({ min: 0, max: 3 }),
  what: fc.constantFrom('look', 'reserve', 'reserve', 'reply', 'die', 'end', 'resume'),
  most: fc.record({
    usd: fc.integer({ min: 1, max: 50 }),
    tokens: fc.integer({ min: 1, max: 400 }),
  }),
  /** What a call costs, as a share of its worst case; more than 1 where the estimate was wrong. */
  share: fc.double({ min: 0, max: 1.5, noNaN: true }),
});

const money = ({ usd, tokens }: Spending): Spending => ({ usd: roundedUsd(usd / 1000), tokens });

const portion = ({ usd, tokens }: Spending, share: number): Spending => ({
  usd: roundedUsd(usd * share),
  tokens: Math.round(tokens * share),
});

/** The world outside knows what was really spent, and what calls in flight may still come to. */
class World {
  readonly ledger = new MemoryLedger();
  readonly paid = { usd: 0, tokens: 0 };
  /** What calls used beyond their worst case. */
  readonly beyond = { usd: 0, tokens: 0 };
  #fence = 0;
  readonly workers: Worker[];

  constructor(steps: number) {
    this.workers = Array.from({ length: steps }, (_, i) => this.#worker(`step${i}`));
  }

  #worker(path: string): Worker {
    this.#fence += 1;
    const spender = { path, fence: this.#fence, call: 'model:ask:0:0' };
    return { spender, record: null, settled: new Map(), calling: null };
  }

  async act(worker: Worker, what: string, most: Spending, share: number): Promise<void> {
    switch (what) {
      case 'look':
        worker.record = await this.ledger.budgets.read('run');
        return;
      case 'reserve':
        return this.#reserve(worker, most);
      case 'reply':
        return this.#reply(worker, share);
      case 'die':
        // Its call may have been made, and nobody will ever say.
        if (worker.calling) this.#pay(worker.calling, 1);
        this.workers[this.workers.indexOf(worker)] = this.#worker(worker.spender.path);
        return;
      case 'end':
        if (worker.calling) this.#pay(worker.calling, 1);
        worker.calling = null;
        await this.#end(worker);
        this.workers[this.workers.indexOf(worker)] = this.#worker(worker.spender.path);
        return;
      case 'resume':
        return this.#resume();
    }
  }

  /** On whatever it has read, however old. */
  async #reserve(worker: Worker, most: Spending): Promise<void> {
    if (worker.calling) return;
    const { spender, settled, record: current } = worker;
    const decision = reserve(current, { run: 'run', limits: LIMITS, spender, most, settled });
    if (decision.kind === 'exhausted') return;
    if (decision.kind === 'reserve') {
      const expectedRev = current?.rev ?? null;
      const put = await this.ledger.budgets.put({ record: decision.record, expectedRev });
      if (put.kind === 'conflict') {
        worker.record = put.current;
        return;
      }
      worker.record = decision.record;
      worker.settled = new Map();
    }
    worker.calling = worker.record?.reserved[reservationKey(spender)] ?? most;
  }

  #reply(worker: Worker, share: number): void {
    if (!worker.calling) return;
    this.#pay(worker.calling, share);
    worker.settled.set(reservationKey(worker.spender), portion(worker.calling, share));
    worker.calling = null;
  }

  #pay(most: Spending, share: number): void {
    const spent = portion(most, share);
    this.paid.usd += spent.usd;
    this.paid.tokens += spent.tokens;
    this.beyond.usd += Math.max(0, spent.usd - most.usd);
    this.beyond.tokens += Math.max(0, spent.tokens - most.tokens);
  }

  async #end({ spender, settled }: Worker): Promise<void> {
    const current = await this.ledger.budgets.read('run');
    const record = current && endHolder(current, spender, settled);
    if (record) await this.ledger.budgets.put({ record, expectedRev: record.rev - 1 });
  }

  /** A resume looks at reservations of holders that are gone; of these nothing is on record. */
  async #resume(): Promise<void> {
    const gone = new Set(this.workers.map(({ spender }) => reservationKey(spender)));
    const current = await this.ledger.budgets.read('run');
    const record =
      current && endReservations(current, (key, most) => (gone.has(key) ? null : most));
    if (record) await this.ledger.budgets.put({ record, expectedRev: record.rev - 1 });
  }
}

test('R7: a budget is overrun by no more than calls use beyond their worst case, whoever dies when', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { minLength: 30, maxLength: 120 }), async (story) => {
      const world = new World(4);
      for (const { step, what, most, share } of story) {
        const worker = world.workers[step];
        if (worker) await world.act(worker, what, money(most), share);
        const { paid, beyond } = world;
        expect(paid.usd).toBeLessThanOrEqual(LIMITS.usd + beyond.usd + 1e-6);
        expect(paid.tokens).toBeLessThanOrEqual(LIMITS.tokens + beyond.tokens);
        await expectOnRecord(world);
      }
    }),
    { numRuns: 300 },
  );
});

/** What was paid is on record, but for what a holder has yet to write. */
async function expectOnRecord({ ledger, paid, beyond }: World): Promise<void> {
  const record = await ledger.budgets.read('run');
  const spent = record ? spentOf(record) : { usd: 0, tokens: 0 };
  expect(spent.usd + beyond.usd).toBeGreaterThanOrEqual(paid.usd - 1e-6);
  expect(spent.tokens + beyond.tokens).toBeGreaterThanOrEqual(paid.tokens);
}
