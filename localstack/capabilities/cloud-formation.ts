import { type Capability, everywhere, notOnLocalStack } from './claim.ts';

export const cloudFormation = {
  'a stack sets the time to live of its tables, at their creation and later': everywhere,
  'a stack sets the CORS of its HTTP API': notOnLocalStack('HTTP APIs need an auth token'),
} as const satisfies Record<string, Capability>;
