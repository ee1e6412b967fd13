import { randomBytes } from 'node:crypto';
import { base32 } from '#runtime/core/run-id.ts';
import type { System } from '#runtime/ports.ts';

/** The real clock, randomness and waiting. */
export const nodeSystem: System = {
  now: () => Date.now(),

  randomId: () => base32(randomBytes(17)),

  sleep: (ms, signal) => {
    if (signal?.aborted || ms <= 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener('abort', wake, { once: true });
    return promise;
  },
};
