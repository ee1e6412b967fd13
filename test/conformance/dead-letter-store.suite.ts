import { expect, test } from 'vitest';
import type { DeadLetter } from '#runtime/contracts/ledger.ts';
import { DEFAULT_TENANT } from '#runtime/contracts/tenant.ts';
import type { DeadLetterStore } from '#runtime/ports.ts';
import { newRun, sampleLetter, textOf } from './samples.ts';

type Subject = () => { readonly deadLetters: DeadLetterStore };

/** What every DeadLetterStore does. */
export function testDeadLetterStore(subject: Subject): void {
  testParking(subject);
  testLists(subject);
}

function testParking(subject: Subject): void {
  const park = (letter: DeadLetter) => subject().deadLetters.park(letter);
  const read = (id: string) => subject().deadLetters.read(id);
  const list = (tenant: string) => subject().deadLetters.list({ tenant, limit: 10 });

  test('keeps a letter with all its parts', async () => {
    const letter = sampleLetter(newRun(), {
      run: 'r',
      gen: 2,
      path: 'answer',
      tenant: 't',
      fingerprint: 'f',
      attempts: 2,
      starts: 6,
      tokens: { inputTokens: 3, outputTokens: 4 },
      body: 'not "json" \u0000 🚦',
    });
    await park(letter);
    expect(await read(letter.id)).toEqual(letter);
  });

  test('has no letter that was not parked', async () => {
    expect(await read(newRun())).toBeNull();
  });

  test('changes nothing when the same id is parked again', async () => {
    const tenant = newRun();
    const letter = sampleLetter(newRun(), { tenant });
    await park(letter);
    await park(letter);
    await park({ ...letter, parkedAt: '2026-05-02T00:00:00.000Z' });
    expect(await read(letter.id)).toEqual(letter);
    const { letters } = await list(tenant);
    expect(letters.map(({ parkedAt }) => parkedAt)).toEqual([letter.parkedAt]);
  });

  test('keeps one letter of an id that is parked many times at once', async () => {
    const tenant = newRun();
    const letter = sampleLetter(newRun(), { tenant });
    await Promise.all(Array.from({ length: 5 }, () => park(letter)));
    expect((await list(tenant)).letters).toHaveLength(1);
  });

  test('refuses a letter that is too large, and lists none', async () => {
    const tenant = newRun();
    const letter = sampleLetter(newRun(), { tenant, body: textOf(400 * 1024) });
    await expect(park(letter)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await list(tenant)).toEqual({ letters: [] });
  });
}

function testLists(subject: Subject): void {
  const list = (query: Parameters<DeadLetterStore['list']>[0]) => subject().deadLetters.list(query);
  const parkSome = (count: number, changes: Partial<DeadLetter> = {}) =>
    parkLetters(subject().deadLetters, count, changes);

  test('lists the newest first, without bodies', async () => {
    const { tenant, ids } = await parkSome(3);
    const { letters, next } = await list({ tenant, limit: 10 });
    expect(letters.map(({ id }) => id)).toEqual(ids);
    expect(letters[0]).not.toHaveProperty('body');
    expect(letters[0]).toMatchObject({ tenant, code: 'INPUT_INVALID', agent: 'answer-question' });
    expect(next).toBeUndefined();
  });

  test('lists page by page, each letter once', async () => {
    const { tenant, ids } = await parkSome(5);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ tenant, limit: 2, ...(cursor !== undefined && { cursor }) });
      expect(page.letters.length).toBeGreaterThan(0);
      found.push(...page.letters.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(found).toEqual(ids);
  });

  test('lists letters of the same instant, each once', async () => {
    const { tenant, ids } = await parkSome(4, { parkedAt: '2026-05-01T00:00:00.000Z' });
    const first = await list({ tenant, limit: 2 });
    const second = await list({ tenant, limit: 2, cursor: first.next ?? '' });
    const found = [...first.letters, ...second.letters].map(({ id }) => id);
    expect(found.toSorted()).toEqual(ids.toSorted());
  });

  test('lists a full page when its letters are large', async () => {
    const { tenant, ids } = await parkSome(4, { cause: textOf(390 * 1024), body: '' });
    const { letters } = await list({ tenant, limit: 10 });
    expect(letters.map(({ id }) => id)).toEqual(ids);
  });

  test("lists no other tenant's letters; one of no tenant is the default tenant's", async () => {
    const { tenant } = await parkSome(1);
    const nobodys = sampleLetter(newRun(), { parkedAt: '2999-01-01T00:00:00.000Z' });
    await subject().deadLetters.park(nobodys);
    expect((await list({ tenant, limit: 10 })).letters).toHaveLength(1);
    const { letters } = await list({ tenant: DEFAULT_TENANT, limit: 1 });
    expect(letters[0]?.id).toBe(nobodys.id);
  });

  test('refuses a cursor of another list', async () => {
    const { tenant } = await parkSome(2);
    const { next } = await list({ tenant, limit: 1 });
    const invalid = { code: 'CURSOR_INVALID' };
    const ask = (query: { tenant: string; cursor: string }) => list({ limit: 1, ...query });
    await expect(ask({ tenant: newRun(), cursor: next ?? '' })).rejects.toMatchObject(invalid);
    await expect(ask({ tenant, cursor: 'nonsense' })).rejects.toMatchObject(invalid);
  });
}

/** A tenant of its own with letters that were parked a second apart; gives ids, the newest first. */
async function parkLetters(store: DeadLetterStore, count: number, changes: Partial<DeadLetter>) {
  const tenant = newRun();
  const letters = Array.from({ length: count }, (_, i) =>
    sampleLetter(newRun(), {
      tenant,
      parkedAt: new Date(Date.UTC(2026, 4, 1) - i * 1000).toISOString(),
      ...changes,
    }),
  );
  for (const letter of letters.toReversed()) await store.park(letter);
  return { tenant, ids: letters.map(({ id }) => id) };
}
