/** What the services outside Signalbox say about themselves: the ticket system and the model server. */
import * as z from 'zod/mini';
import { CliError } from '../errors.ts';

const DeskStatsSchema = z.object({
  tickets: z.number(),
  /** Attempts to open a ticket that wait at the gate. */
  held: z.number(),
  /** Those that hung up while they waited. */
  abandoned: z.number(),
});
export type DeskStats = z.infer<typeof DeskStatsSchema>;

const ModelStatsSchema = z.object({ requests: z.number() });

export const deskStats = (helpdeskUrl: string): Promise<DeskStats> =>
  ask(`${helpdeskUrl}/admin/stats`, DeskStatsSchema);

/** From now on, who wants to open a ticket waits. */
export const holdDesk = (helpdeskUrl: string): Promise<DeskStats> =>
  ask(`${helpdeskUrl}/admin/hold`, DeskStatsSchema, { method: 'POST' });

export const releaseDesk = (helpdeskUrl: string): Promise<DeskStats> =>
  ask(`${helpdeskUrl}/admin/release`, DeskStatsSchema, { method: 'POST' });

/** How often the model has been asked so far. */
export const modelRequests = async (modelUrl: string): Promise<number> =>
  (await ask(`${modelUrl}/admin/stats`, ModelStatsSchema)).requests;

/** @throws CliError when the answer is not what the demo was written for. */
export async function ask<S extends z.ZodMiniType>(
  url: string,
  schema: S,
  init: RequestInit = {},
): Promise<z.infer<S>> {
  const response = await fetch(url, init);
  const body: unknown = await response.json().catch(() => null);
  const parsed = z.safeParse(schema, body);
  if (response.ok && parsed.success) return parsed.data;
  throw new CliError('DEMO_BROKEN', `${url} answered ${response.status} ${JSON.stringify(body)}`, {
    next: 'Read .signalbox/logs.',
  });
}
