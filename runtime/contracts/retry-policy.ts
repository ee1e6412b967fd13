/**
 * How far apart the attempts of a step are after a retryable failure, for whoever tries again: the state
 * machine for steps of a workflow, the door for reactions, which nobody waits for. Full jitter: the wait
 * is anywhere between nothing and its limit.
 */
export const RETRY_POLICY = {
  /** The longest wait before the second attempt; it doubles from attempt to attempt. */
  firstSeconds: 2,
  maxSeconds: 60,
} as const;
