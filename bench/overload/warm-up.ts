import { setTimeout as sleep } from 'node:timers/promises';
import { readCustomers } from '../../data/leads/customers.ts';
import type { Side } from './story.ts';

/** One alone, then more and more at once, so that as many workers of each function are there as a spike takes. */
const ROUNDS = [1, 4, 12, 12];
const LOOK_EVERY_MS = 500;
const LIMIT_MS = 60_000;

/**
 * Sends a few leads through before anything is measured: the local cloud starts a process for every cold
 * function, and many at once take all the cores there are.
 * @throws Error when they do not come out
 */
export async function warmUp({ name, pipeline }: Pick<Side, 'name' | 'pipeline'>): Promise<void> {
  const startMs = performance.now();
  const leads = readCustomers().map(({ lead }) => lead);
  const open = new Set<string>();
  for (const [round, count] of ROUNDS.entries()) {
    await Promise.all(
      leads.slice(0, count).map(async (lead) => {
        const id = `warm-${round}-${lead.leadId}`;
        await pipeline.ask(id, lead);
        open.add(id);
      }),
    );
    while (open.size > 0) {
      if (performance.now() - startMs > LIMIT_MS) {
        throw new Error(`the ${name} pipeline answers nothing: ${open.size} leads are under way`);
      }
      await sleep(LOOK_EVERY_MS);
      for (const { id } of await pipeline.ended(startMs)) open.delete(id);
    }
  }
}
