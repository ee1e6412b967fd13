import type { FaultRule } from '../../localstack/faults.ts';

/**
 * What goes wrong with the calls of workers and platform functions, all the time. Rates are such that a
 * call succeeds within the tries that its adapter makes in place: an outage makes messages stay away for
 * 15 seconds and more on purpose, and would hide how fast a killed step is found.
 */
export const FAULTS: readonly FaultRule[] = [
  { service: 'dynamodb', fault: { kind: 'error' }, rate: 0.02 },
  { service: 'dynamodb', fault: { kind: 'throttle' }, rate: 0.02 },
  { service: 'dynamodb', fault: { kind: 'lost-response' }, rate: 0.02 },
  { service: 'dynamodb', fault: { kind: 'latency', minMs: 20, maxMs: 250 }, rate: 0.1 },
  { service: 'kinesis', fault: { kind: 'error' }, rate: 0.03 },
  { service: 'kinesis', fault: { kind: 'throttle' }, rate: 0.05 },
  { service: 'kinesis', fault: { kind: 'lost-response' }, rate: 0.03 },
  { service: 'kinesis', fault: { kind: 'latency', minMs: 20, maxMs: 250 }, rate: 0.1 },
  { service: 'sqs', fault: { kind: 'error' }, rate: 0.03 },
  { service: 'sqs', fault: { kind: 'throttle' }, rate: 0.03 },
  { service: 'sqs', fault: { kind: 'latency', minMs: 20, maxMs: 250 }, rate: 0.1 },
  { service: 'states', fault: { kind: 'error' }, rate: 0.03 },
  { service: 'states', fault: { kind: 'throttle' }, rate: 0.05 },
  { service: 'states', fault: { kind: 'lost-response' }, rate: 0.05 },
  { service: 'states', fault: { kind: 'latency', minMs: 20, maxMs: 250 }, rate: 0.1 },
];
