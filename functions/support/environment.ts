/** The one door to the environment of this workflow's agents, beyond what the platform reads. */
import * as z from 'zod/mini';
import { TerminalError } from '#runtime/contracts/errors.ts';

const HelpdeskEnvironment = z.object({ HELPDESK_URL: z.url() });

/**
 * Base URL of the ticket system.
 * @throws TerminalError saying what to set: no retry finds a variable that is not there.
 */
export function helpdeskUrl(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const parsed = z.safeParse(HelpdeskEnvironment, variables);
  if (parsed.success) return parsed.data.HELPDESK_URL;
  throw new TerminalError(
    `HELPDESK_URL is ${JSON.stringify(variables.HELPDESK_URL)}; allowed: the base URL of a ticket system. ` +
      'Set it for the stage in infra/config.ts (agentEnvironment) and deploy again.',
  );
}
