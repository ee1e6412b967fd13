/** The one door to the environment of this workflow's agents, beyond what the platform reads. */
import * as z from 'zod/mini';
import { TerminalError } from '#runtime/contracts/errors.ts';

const CrmEnvironment = z.object({ CRM_URL: z.url() });

/**
 * Base URL of the customer system.
 * @throws TerminalError saying what to set: no retry finds a variable that is not there.
 */
export function crmUrl(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const parsed = z.safeParse(CrmEnvironment, variables);
  if (parsed.success) return parsed.data.CRM_URL;
  throw new TerminalError(
    `CRM_URL is ${JSON.stringify(variables.CRM_URL)}; allowed: the base URL of a customer system. ` +
      'Set it for the stage in infra/config.ts (agentEnvironment) and deploy again.',
  );
}
