import { setTimeout as sleep } from 'node:timers/promises';
import { SignalboxClient } from '#runtime/client/client.ts';
import type { FleetView } from '#runtime/contracts/fleet.ts';

const EVERY_MS = 3000;

/** The fleet view as it was read, at an instant in seconds since the story began. */
export interface FleetLook {
  readonly at: number;
  readonly view: FleetView;
}

/** Asks for the fleet view every three seconds until the signal aborts; an answer that does not come is left out. */
export async function watchFleet(
  apiUrl: string,
  signal: AbortSignal,
): Promise<readonly FleetLook[]> {
  const client = new SignalboxClient({ baseUrl: apiUrl });
  const looks: FleetLook[] = [];
  const startMs = performance.timeOrigin + performance.now();
  while (!signal.aborted) {
    const view = await client.fleet({ signal: AbortSignal.timeout(EVERY_MS) }).catch(() => null);
    // Of the instant that the view itself names: on a busy machine its answer is under way for long.
    if (view) looks.push({ at: (Date.parse(view.at) - startMs) / 1000, view });
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return looks;
}
