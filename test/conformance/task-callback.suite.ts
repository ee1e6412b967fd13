import { describe, expect, test } from 'vitest';
import type { TaskCallback } from '#runtime/ports.ts';
import { AWKWARD_JSON, textOf } from './samples.ts';

/** What a workflow saw of its task. */
export type Seen =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string };

export interface CallbackSubject {
  readonly callback: TaskCallback;
  /** A workflow begins to wait; it gives up after `patienceSeconds`. */
  readonly open: (patienceSeconds: number) => Promise<{
    readonly taskToken: string;
    /** What the workflow saw; waits until it has ended. */
    readonly seen: () => Promise<Seen>;
    /** Resolves once the workflow has given up. */
    readonly givenUp: () => Promise<void>;
  }>;
}

/** What every TaskCallback does. */
export function testTaskCallback(subject: () => CallbackSubject): void {
  describe('succeed', () => {
    test('hands the output to the workflow', async () => {
      const { taskToken, seen } = await subject().open(60);
      const output = { answer: 'forty-two', list: [1, null, 'é🚦'] };
      expect(await subject().callback.succeed({ taskToken, output })).toBe('answered');
      expect(await seen()).toEqual({ kind: 'succeeded', output });
    });

    test('hands over a null output', async () => {
      const { taskToken, seen } = await subject().open(60);
      expect(await subject().callback.succeed({ taskToken, output: null })).toBe('answered');
      expect(await seen()).toEqual({ kind: 'succeeded', output: null });
    });

    test('refuses an output that is not JSON or larger than 256 KiB, and leaves the task open', async () => {
      const { taskToken, seen } = await subject().open(60);
      const refused = [
        [undefined, 'NOT_JSON'],
        [{ at: new Date(0) }, 'NOT_JSON'],
        [textOf(257 * 1024), 'TOO_LARGE'],
      ] as const;
      for (const [output, code] of refused) {
        const answer = subject().callback.succeed({ taskToken, output });
        await expect(answer).rejects.toMatchObject({ code });
      }
      expect(await subject().callback.succeed({ taskToken, output: 1 })).toBe('answered');
      expect(await seen()).toEqual({ kind: 'succeeded', output: 1 });
    });
  });

  describe('fail', () => testFailing(subject));

  test('answers a task once: the second answer is superseded (R3)', async () => {
    const { taskToken, seen } = await subject().open(60);
    expect(await subject().callback.succeed({ taskToken, output: 'first' })).toBe('answered');
    expect(await subject().callback.succeed({ taskToken, output: 'second' })).toBe('superseded');
    const failure = { taskToken, error: 'Agent.Terminal', cause: 'late' };
    expect(await subject().callback.fail(failure)).toBe('superseded');
    expect(await seen()).toEqual({ kind: 'succeeded', output: 'first' });
  });

  test('accepts one of two answers at once, and ends the task with it', async () => {
    const { taskToken, seen } = await subject().open(60);
    const answers = await Promise.all([
      subject().callback.succeed({ taskToken, output: 0 }),
      subject().callback.succeed({ taskToken, output: 1 }),
    ]);
    expect(answers.toSorted()).toEqual(['answered', 'superseded']);
    expect(await seen()).toEqual({ kind: 'succeeded', output: answers.indexOf('answered') });
  });

  test('answers superseded to a token whose workflow has given up', async () => {
    const { taskToken, givenUp } = await subject().open(1);
    await givenUp();
    expect(await subject().callback.succeed({ taskToken, output: 1 })).toBe('superseded');
    const failure = { taskToken, error: 'Agent.Terminal', cause: 'late' };
    expect(await subject().callback.fail(failure)).toBe('superseded');
  });

  test.each([
    ['that never was one', 'not a token'],
    ['that is longer than any', 'A'.repeat(2049)],
    ['that is empty', ''],
  ])('answers superseded to a token %s', async (_what, taskToken) => {
    expect(await subject().callback.succeed({ taskToken, output: 1 })).toBe('superseded');
    const failure = { taskToken, error: 'Agent.Terminal', cause: 'late' };
    expect(await subject().callback.fail(failure)).toBe('superseded');
  });
}

function testFailing(subject: () => CallbackSubject): void {
  test('hands error and cause to the workflow', async () => {
    const { taskToken, seen } = await subject().open(60);
    const failure = { error: 'Agent.Terminal', cause: JSON.stringify(AWKWARD_JSON) };
    expect(await subject().callback.fail({ taskToken, ...failure })).toBe('answered');
    expect(await seen()).toEqual({ kind: 'failed', ...failure });
  });

  test('cuts a cause at 32 KiB, between characters', async () => {
    const { taskToken, seen } = await subject().open(60);
    const cause = `x${'🚦'.repeat(10_000)}`;
    await subject().callback.fail({ taskToken, error: 'Agent.Terminal', cause });
    expect(await seen()).toEqual({
      kind: 'failed',
      error: 'Agent.Terminal',
      cause: `x${'🚦'.repeat(8191)}`,
    });
  });
}
