import type { SignalboxClient } from '#runtime/client/client.ts';
import { quotaLines } from '../draw/quota.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions } from '../runs/connect.ts';
import { printJson, printLines } from '../runs/print.ts';

type QuotaOrder = Parameters<SignalboxClient['changeQuota']>[1];

/** Changes a quota, and shows what it is then. */
export async function order(
  name: string,
  change: QuotaOrder,
  options: RunOptions,
  io: Io,
): Promise<void> {
  const quota = await (await connect(options, io)).changeQuota(name, change);
  if (options.json) printJson(io, quota);
  else printLines(io, quotaLines(quota, io));
}
