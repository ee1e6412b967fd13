import type { RunStatus, StepStatus } from '#runtime/contracts/status.ts';
import type { Paint, Tone } from './paint.ts';

const LOOKS: Readonly<Record<RunStatus | StepStatus, readonly [glyph: string, tone: Tone]>> = {
  accepted: ['○', 'dim'],
  queued: ['○', 'dim'],
  running: ['●', 'cyan'],
  waiting: ['◌', 'yellow'],
  succeeded: ['✓', 'green'],
  failed: ['✗', 'red'],
  expired: ['✗', 'yellow'],
  stopped: ['✗', 'yellow'],
};

export const glyphOf = (status: RunStatus | StepStatus, paint: Paint): string =>
  paint(LOOKS[status][1], LOOKS[status][0]);

export const statusWord = (status: RunStatus | StepStatus, paint: Paint): string =>
  paint(LOOKS[status][1], status);
