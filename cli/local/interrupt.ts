const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** At a Ctrl-C both the terminal and npm send the signal: within this time it is one wish. */
const SAME_WISH_MS = 1_000;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Signals mean again what they usually do. */
  end(): void;
}

/** The first signal asks for an orderly end, a later one ends at once. */
export function untilInterrupted(): Interrupt {
  const controller = new AbortController();
  let firstAt = 0;
  const onSignal = (): void => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      controller.abort();
    } else if (performance.now() - firstAt > SAME_WISH_MS) process.exit(1);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    end: () => {
      for (const signal of SIGNALS) process.removeListener(signal, onSignal);
    },
  };
}
