/** A process that simulates what it is sent, one after the other. */
import type { Story } from './seed-pool.ts';
import { simulate } from './simulate.ts';

process.on('message', async ({ seed, world }: Story) => {
  const report = await simulate(seed, { world });
  if (process.connected) process.send?.(report);
});
process.send?.('ready');
