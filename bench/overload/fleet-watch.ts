import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { FleetSample } from './fleet-judge.ts';

const EVERY_MS = 3000;

const FleetSchema = z.object({
  bottleneck: z.nullable(z.object({ name: z.string(), clearsInSeconds: z.nullable(z.number()) })),
});

/** Asks for the fleet view every three seconds until the signal aborts. */
export async function watchFleet(
  apiUrl: string,
  signal: AbortSignal,
): Promise<readonly FleetSample[]> {
  const samples: FleetSample[] = [];
  const startMs = performance.now();
  while (!signal.aborted) {
    const at = (performance.now() - startMs) / 1000;
    const answer = await fetch(`${apiUrl}/fleet`, { signal: AbortSignal.timeout(EVERY_MS) }).catch(
      () => null,
    );
    const view = answer?.ok ? z.safeParse(FleetSchema, await answer.json()) : null;
    if (view?.success) {
      const { bottleneck } = view.data;
      samples.push({
        at,
        bottleneck: bottleneck?.name ?? null,
        clearsInSeconds: bottleneck?.clearsInSeconds ?? null,
      });
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return samples;
}
