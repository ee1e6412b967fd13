/** Milliseconds between two readings of a clock; 0 when it was set back meanwhile. */
export const elapsedMs = (fromMs: number, untilMs: number): number => Math.max(0, untilMs - fromMs);
