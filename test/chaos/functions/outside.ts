/** The agents' side of the world outside (`test/chaos/outside-world.ts`). */
import * as z from 'zod/mini';
import type { AgentContext, WhenUnknown } from '#runtime/contracts/agent-context.ts';

const Environment = z.object({ OUTSIDE_URL: z.url() });
const Receipt = z.object({ receipt: z.string() });
const Found = z.object({ receipts: z.array(z.string()) });

/** Before and after the effect: a worker can be killed there, too. */
const WORK_MS = 400;

/**
 * Tells the world that the step begins here, works, performs the step's one effect, works.
 * @param side `deduplicating`: the other side knows a key again, so it may be asked again.
 *   `forgetful`: it performs whatever it is asked, so it has to be asked first what it has done.
 */
export async function actOutside(
  ctx: AgentContext,
  side: 'deduplicating' | 'forgetful',
): Promise<string> {
  const { OUTSIDE_URL: url } = z.parse(Environment, process.env);
  const place = { run: ctx.run.id, step: ctx.step.path };
  await post(`${url}/begun`, { ...place, pid: process.pid }, ctx.signal);
  await pause(ctx.signal);
  const { receipt } = await ctx.effect('act', { whenUnknown: unknownAt(side, url) }, async (key) =>
    z.parse(Receipt, await post(`${url}/effects`, { ...place, key, side }, ctx.signal)),
  );
  await pause(ctx.signal);
  return receipt;
}

const unknownAt = (
  side: 'deduplicating' | 'forgetful',
  url: string,
): WhenUnknown<{ receipt: string }> =>
  side === 'deduplicating'
    ? 'retry'
    : {
        reconcile: async (key, signal) => {
          const answer = await fetch(`${url}/effects?key=${encodeURIComponent(key)}`, { signal });
          const [receipt] = z.parse(Found, await answer.json()).receipts;
          return receipt === undefined ? 'absent' : { found: { receipt } };
        },
      };

async function post(url: string, body: unknown, signal: AbortSignal): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
  return answer.json();
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, WORK_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
