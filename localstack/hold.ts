import * as z from 'zod';
import { type JsonRoute, problem } from './json-server.ts';

/** A gate that can be shut: who comes while it is waits until it opens, or gives up. */
export class Hold {
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  #waiting = 0;

  get waiting(): number {
    return this.#waiting;
  }

  /** @param seconds until it opens by itself; without it, only `end` opens it */
  begin(seconds?: number): void {
    this.end();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = seconds === undefined ? undefined : setTimeout(() => this.end(), seconds * 1000);
    timer?.unref();
    this.#gate = {
      opened: promise,
      open: () => {
        clearTimeout(timer);
        resolve();
      },
    };
  }

  end(): void {
    this.#gate?.open();
    this.#gate = undefined;
  }

  /** Resolves when the gate is open, or when the signal aborts. */
  async pass(signal: AbortSignal): Promise<void> {
    if (!this.#gate) return;
    this.#waiting += 1;
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
    await Promise.race([this.#gate.opened, gone]);
    this.#waiting -= 1;
  }
}

const HoldRequest = z.strictObject({
  /** How long from now; without it, until `POST /admin/release`. */
  seconds: z.optional(z.number().positive().max(3600)),
});

/** How a service is told to shut and open its gate; both answer its statistics. */
export function holdRoutes(
  hold: Hold,
  stats: () => unknown,
): Readonly<Record<'POST /admin/hold' | 'POST /admin/release', JsonRoute>> {
  const told = () => ({ status: 200, body: stats() });
  return {
    'POST /admin/hold': ({ body }) => {
      const parsed = HoldRequest.safeParse(body ?? {});
      if (!parsed.success) return problem(422, z.prettifyError(parsed.error));
      hold.begin(parsed.data.seconds);
      return told();
    },
    'POST /admin/release': () => {
      hold.end();
      return told();
    },
  };
}
