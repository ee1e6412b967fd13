/** What a run can be. Terminal ones are final for their generation (R1). */
export const RUN_STATUSES = [
  'accepted',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'expired',
  'stopped',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** What a step can be. An attempt that overran its agent's timeout is `failed` with code `TIMEOUT`. */
export const STEP_STATUSES = [
  'queued',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'expired',
  'stopped',
] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

const TERMINAL = ['succeeded', 'failed', 'expired', 'stopped'] as const;
export type TerminalStatus = (typeof TERMINAL)[number];

/** The one predicate for "nothing more will happen in this generation". */
export const isTerminal = (status: RunStatus | StepStatus): status is TerminalStatus =>
  (TERMINAL as readonly string[]).includes(status);
