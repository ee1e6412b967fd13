import { describe, expect, test } from 'vitest';
import type { BudgetLimits, BudgetRecord, Spending } from '#runtime/contracts/budget.ts';
import {
  endHolder,
  endReservations,
  type ReservationDecision,
  reservationKey,
  reserve,
  type Spender,
  spenderOf,
  spentOf,
} from '#runtime/core/budget.ts';

const ASK: Spender = { path: 'answer', fence: 1, call: 'model:answer:0a1b:0' };
const AGAIN: Spender = { ...ASK, fence: 2 };
const OTHER: Spender = { ...ASK, path: 'check' };
const CALL: Spending = { usd: 0.02, tokens: 1000 };

interface Asked {
  readonly spender?: Spender;
  readonly limits?: BudgetLimits;
  readonly most?: Spending;
  readonly settled?: ReadonlyMap<string, Spending>;
}

const ask = (current: BudgetRecord | null, asked: Asked = {}): ReservationDecision =>
  reserve(current, {
    run: 'run-1',
    limits: { usd: 0.05 },
    spender: ASK,
    most: CALL,
    settled: new Map(),
    ...asked,
  });

function reserved(current: BudgetRecord | null, asked: Asked = {}): BudgetRecord {
  const decision = ask(current, asked);
  if (decision.kind !== 'reserve') throw new Error(`it is ${decision.kind}`);
  return decision.record;
}

const settlement = (spender: Spender, spent: Spending) =>
  new Map([[reservationKey(spender), spent]]);

describe('reserve', () => {
  test('begins a budget with the first reservation', () => {
    expect(reserved(null)).toEqual({
      run: 'run-1',
      rev: 1,
      limits: { usd: 0.05 },
      spent: { usd: 0, tokens: 0 },
      reserved: { 'answer#1/model:answer:0a1b:0': CALL },
    });
  });

  test('refuses what does not fit beside what is reserved (R7, G3)', () => {
    const two = reserved(reserved(null), { spender: OTHER });
    expect(ask(two, { spender: AGAIN })).toEqual({
      kind: 'exhausted',
      spent: { usd: 0.04, tokens: 2000 },
    });
  });

  test('gives the last cent and token, and nothing beyond', () => {
    const limits = { usd: 0.04, tokens: 2000 };
    const whole = reserved(reserved(null, { limits }), { limits, spender: OTHER });
    expect(spentOf(whole)).toEqual({ usd: 0.04, tokens: 2000 });
    const least = { usd: 0, tokens: 1 };
    expect(ask(whole, { limits, spender: AGAIN, most: least }).kind).toBe('exhausted');
  });

  test.each<[BudgetLimits, ReservationDecision['kind']]>([
    [{ usd: 0.02 }, 'reserve'],
    [{ tokens: 1000 }, 'reserve'],
    [{ usd: 0.019 }, 'exhausted'],
    [{ tokens: 999 }, 'exhausted'],
    [{ usd: 1, tokens: 999 }, 'exhausted'],
    [{ usd: 0.019, tokens: 10_000 }, 'exhausted'],
  ])('keeps each limit that there is: %j', (limits, kind) => {
    expect(ask(null, { limits }).kind).toBe(kind);
  });

  test('says of a reservation made again that it is there (G1)', () => {
    expect(ask(reserved(null)).kind).toBe('reserved');
  });

  test("counts the next holder's call beside the former one's (G1)", () => {
    const record = reserved(reserved(null), { spender: AGAIN });
    expect(spentOf(record)).toEqual({ usd: 0.04, tokens: 2000 });
  });

  test('writes along what earlier calls came to', () => {
    const first = reserved(null);
    const spent = { usd: 0.003, tokens: 140 };
    const second = reserved(first, { spender: OTHER, settled: settlement(ASK, spent) });
    expect(second).toMatchObject({
      rev: 2,
      spent,
      reserved: { 'check#1/model:answer:0a1b:0': CALL },
    });
    expect(Object.keys(second.reserved)).toHaveLength(1);
  });

  test('reserves a call anew whose former try is settled along', () => {
    const again = reserved(reserved(null), { settled: settlement(ASK, CALL) });
    expect(again).toMatchObject({ spent: CALL, reserved: { [reservationKey(ASK)]: CALL } });
  });

  test('settles once: what is settled, or was never reserved, changes nothing (G2)', () => {
    const settled = settlement(ASK, { usd: 0.01, tokens: 10 });
    const once = reserved(reserved(null), { spender: OTHER, settled });
    const twice = reserved(once, { spender: AGAIN, settled });
    expect(twice.spent).toEqual({ usd: 0.01, tokens: 10 });
  });

  test('goes by the limits that the run has now', () => {
    const full = reserved(reserved(null), { spender: OTHER });
    expect(ask(full, { spender: AGAIN }).kind).toBe('exhausted');
    expect(reserved(full, { spender: AGAIN, limits: { usd: 0.06 } }).limits).toEqual({ usd: 0.06 });
  });

  test('adds cents without a drift', () => {
    const most = { usd: 0.1, tokens: 1 };
    const limits = { usd: 0.3 };
    const two = reserved(reserved(null, { most, limits }), { most, limits, spender: OTHER });
    expect(spentOf(reserved(two, { most, limits, spender: AGAIN })).usd).toBe(0.3);
  });
});

describe('endHolder', () => {
  test('settles what is known, and keeps the rest as spent (G3)', () => {
    const record = reserved(reserved(null), { spender: { ...ASK, call: 'model:check:0a1b:0' } });
    const ended = endHolder(record, ASK, settlement(ASK, { usd: 0.001, tokens: 50 }));
    expect(ended).toMatchObject({ rev: 3, spent: { usd: 0.021, tokens: 1050 }, reserved: {} });
  });

  test('ends what former holders of the step left; later ones and other steps keep theirs', () => {
    const three = [AGAIN, { ...ASK, fence: 3 }, { ...OTHER, path: 'answer/read' }].reduce(
      (record, spender) => reserved(record, { spender, limits: { usd: 1 } }),
      reserved(null),
    );
    const ended = endHolder(three, AGAIN, new Map());
    expect(ended?.spent).toEqual({ usd: 0.04, tokens: 2000 });
    expect(Object.keys(ended?.reserved ?? {}).sort()).toEqual([
      'answer#3/model:answer:0a1b:0',
      'answer/read#1/model:answer:0a1b:0',
    ]);
  });

  test('changes nothing when nothing of the step is reserved', () => {
    expect(endHolder(reserved(null), OTHER, settlement(ASK, CALL))).toBeNull();
  });
});

test('endReservations leaves those that have no end', () => {
  const two = reserved(reserved(null), { spender: OTHER });
  const ended = endReservations(two, (key) => (spenderOf(key)?.path === 'check' ? CALL : null));
  expect(ended).toMatchObject({ spent: CALL, reserved: { [reservationKey(ASK)]: CALL } });
  expect(endReservations(two, () => null)).toBeNull();
});

test.each<Spender>([ASK, { path: 'search[3]/read@2', fence: 12, call: 'model:look-up:ff/ee#1:0' }])(
  'a key names its spender: %j',
  (spender) => {
    expect(spenderOf(reservationKey(spender))).toEqual(spender);
  },
);
