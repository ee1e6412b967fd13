import { timerFor } from '../../core/react/timer.ts';
import type { System, Timers } from '../../ports.ts';

/** Has the router look at a reactive run now: at an order on its record, and at whatever else is due. */
export const wakeRun = (
  { timers, system }: { readonly timers: Timers; readonly system: Pick<System, 'now'> },
  run: string,
): Promise<void> => timers.put(timerFor({ run, dueAtMs: system.now() }));
