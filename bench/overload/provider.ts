import * as z from 'zod/mini';
import { ask } from '../../cli/demo/outside.ts';
import type { Faults } from '../../localstack/model-server/faults.ts';

const StatsSchema = z.object({
  requests: z.number(),
  answered: z.number(),
  throttled: z.number(),
  failed: z.number(),
  hung: z.number(),
  inFlight: z.number(),
});
export type ProviderStats = z.infer<typeof StatsSchema>;

/** The model server of one pipeline, from behind: what it counted, and how it behaves from now on. */
export class Provider {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  stats(): Promise<ProviderStats> {
    return ask(`${this.#url}/admin/stats`, StatsSchema);
  }

  async change(faults: Partial<Faults>): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(faults);
    await ask(`${this.#url}/admin/faults`, z.object({}), { method: 'POST', headers, body });
  }
}
