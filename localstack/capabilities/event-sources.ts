import { type Capability, everywhere } from './claim.ts';

export const eventSources = {
  'an SQS mapping hands a message to its function and deletes it': everywhere,
} as const satisfies Record<string, Capability>;
