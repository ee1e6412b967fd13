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
