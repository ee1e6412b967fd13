/** The one door to the environment of these agents, beyond what the platform reads. */
import * as z from 'zod/mini';
import { TerminalError } from '#runtime/contracts/errors.ts';

const CalendarEnvironment = z.object({ CALENDAR_URL: z.url() });

/**
 * Base URL of the calendar.
 * @throws TerminalError saying what to set: no retry finds a variable that is not there.
 */
export function calendarUrl(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const parsed = z.safeParse(CalendarEnvironment, variables);
  if (parsed.success) return parsed.data.CALENDAR_URL;
  throw new TerminalError(
    `CALENDAR_URL is ${JSON.stringify(variables.CALENDAR_URL)}; allowed: the base URL of a calendar. ` +
      'Set it for the stage in infra/config.ts (agentEnvironment) and deploy again.',
  );
}
