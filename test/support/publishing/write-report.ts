import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { writeReport } from './contracts.ts';

export const handler = serveAgent(writeReport, async ({ topic }) => {
  // Long enough for an event to come before anybody waits for it.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  return { report: `All about ${topic}.` };
});
