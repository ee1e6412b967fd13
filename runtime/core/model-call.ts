import type { ModelRequest } from '../ports.ts';
import { hash } from './hash.ts';

/** A request but for its signal: what was asked. */
export type Asked = Omit<ModelRequest, 'signal'>;

/** Same question, same hash, whatever the call is named: for comparing calls without their prompts. */
export const requestHash = ({ name: _, ...asked }: Asked): string => hash(asked);

/**
 * The key of a model call in the ledger.
 *
 * Invariants
 * Q1. A crash finds the recorded reply of the same request again; a failed attempt counts in the key
 *     and asks again (R9): the reply may be why it failed.
 * Q2. Another request under the same name is another call. Each turn of a conversation with tools is one.
 * @param failures failed attempts of the step so far, over all generations
 */
export const modelCall = (asked: Asked, failures: number): string =>
  `model:${asked.name}:${requestHash(asked)}:${failures}`;
