import { expect, test } from 'vitest';
import type { DeadLetter } from '#runtime/contracts/ledger.ts';
import type { DeadLetterStore } from '#runtime/ports.ts';
import { newRun, sampleLetter, textOf } from './samples.ts';

/** What every DeadLetterStore does. */
export function testDeadLetterStore(
  subject: () => {
    readonly deadLetters: DeadLetterStore;
    readonly parked: (id: string) => Promise<DeadLetter | null>;
  },
): void {
  test('keeps a letter with all its parts', async () => {
    const letter = sampleLetter(newRun(), {
      run: 'r',
      path: 'answer',
      body: 'not "json" \u0000 🚦',
    });
    await subject().deadLetters.park(letter);
    expect(await subject().parked(letter.id)).toEqual(letter);
  });

  test('changes nothing when the same id is parked again', async () => {
    const letter = sampleLetter(newRun());
    await subject().deadLetters.park(letter);
    await subject().deadLetters.park({ ...letter, parkedAt: '2026-05-02T00:00:00.000Z' });
    expect(await subject().parked(letter.id)).toEqual(letter);
  });

  test('refuses a letter that is too large', async () => {
    const letter = sampleLetter(newRun(), { body: textOf(400 * 1024) });
    await expect(subject().deadLetters.park(letter)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
}
