/** A process that simulates the seeds it is sent, one after the other. */
import { simulate } from './simulate.ts';

process.on('message', async (seed: number) => {
  const report = await simulate(seed);
  if (process.connected) process.send?.(report);
});
process.send?.('ready');
