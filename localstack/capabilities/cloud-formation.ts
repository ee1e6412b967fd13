import type { Capability } from './claim.ts';

export const cloudFormation = {} as const satisfies Record<string, Capability>;
