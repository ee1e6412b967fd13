import { type Capability, everywhere } from './claim.ts';

/** What repairs a system after a fault, and nothing of Signalbox calls yet. */
export const repairs = {
  'a failed execution is redriven from the state that failed': {
    ...everywhere,
    embedded: { no: 'it has no RedriveExecution' },
    localstack: { no: 'it has no RedriveExecution' },
  },
  'the messages of a dead-letter queue are moved back to where they came from': {
    ...everywhere,
    embedded: { no: 'it has no StartMessageMoveTask' },
  },
} as const satisfies Record<string, Capability>;
