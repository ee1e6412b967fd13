import * as z from 'zod/mini';

const Told = z.object({ message: z.string() });

/** The message in what a worker told the workflow; else the cause as it is. */
export function causeText(cause: string): string {
  try {
    return z.parse(Told, JSON.parse(cause)).message;
  } catch {
    return cause;
  }
}
