import { type Capability, everywhere } from './claim.ts';

export const stepFunctions = {
  'a callback task ends with the output that its token was answered with': everywhere,
} as const satisfies Record<string, Capability>;
