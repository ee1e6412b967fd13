const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const two = (value: number): string => String(value).padStart(2, '0');

/** `42 ms`, `1.4 s`, `1 min 05 s`, `2 h 05 min`; at least `0 ms`. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < SECOND) return `${whole} ms`;
  // 59,950 ms and more would round to "60.0 s".
  if (whole < MINUTE - 50) return `${(whole / SECOND).toFixed(1)} s`;
  const seconds = Math.round(whole / SECOND);
  if (whole < HOUR - SECOND / 2) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(whole / MINUTE);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}
