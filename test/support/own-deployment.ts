import { inject } from 'vitest';

/** Whether suites that make a deployment of their own can: `false` without Python, which is what the local cloud needs. */
export const canDeploy = inject('endpoint') !== null;
