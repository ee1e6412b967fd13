import { expect, test } from 'vitest';
import type { ExecutionReader } from '#runtime/ports.ts';

export interface ReaderSubject {
  readonly reader: ExecutionReader;
  /** Starts an execution that ends so, and gives its identifier once it has ended. */
  readonly succeeded: (output: unknown) => Promise<string>;
  readonly failed: (error: string, cause: string) => Promise<string>;
  /** The identifier of an execution that was never started. */
  readonly absent: string;
}

/** What every ExecutionReader does. */
export function testExecutionReader(subject: () => ReaderSubject): void {
  test('tells with what an execution succeeded', async () => {
    const { reader, succeeded } = subject();
    const described = await reader.describe(await succeeded({ a: [1, null] }));
    expect(described?.status).toBe('SUCCEEDED');
    expect(JSON.parse(described?.output ?? '')).toEqual({ a: [1, null] });
  });

  test('tells why an execution failed', async () => {
    const { reader, failed } = subject();
    const described = await reader.describe(await failed('Agent.DeadlineExceeded', '{"code":"X"}'));
    expect(described).toEqual({
      status: 'FAILED',
      startMs: expect.any(Number),
      stopMs: expect.any(Number),
      error: 'Agent.DeadlineExceeded',
      cause: '{"code":"X"}',
    });
  });

  test('knows nothing of an execution that was never started', async () => {
    const { reader, absent } = subject();
    expect(await reader.describe(absent)).toBeNull();
  });
}
