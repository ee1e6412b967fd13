/** A timer: when somebody has to look at a run. What is to be done then, its record says. */
import * as z from 'zod/mini';
import { parseJson } from '../parse-json.ts';

const TimerSchema = z.object({
  run: z.string().check(z.minLength(1), z.maxLength(64)),
  /** Epoch milliseconds, as far as there are dates. */
  dueAtMs: z.number().check(z.minimum(0), z.maximum(8.64e15)),
});
export type RunTimer = z.infer<typeof TimerSchema>;

/** What the timers port is handed for a look at a run at this instant. */
export const timerFor = ({ run, dueAtMs }: RunTimer) => ({
  body: JSON.stringify({ run, dueAtMs }),
  dueAtMs,
});

/** `null` for what is no timer. */
export function readTimer(body: string): RunTimer | null {
  const parsed = z.safeParse(TimerSchema, parseJson(body));
  return parsed.success ? parsed.data : null;
}
