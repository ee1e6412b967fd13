import type { ModelRequest } from '../ports.ts';
import { hash } from './hash.ts';

/**
 * The key of a model call in the ledger.
 *
 * Invariants
 * Q1. A crash finds the recorded reply of the same request again; a failed attempt counts in the key
 *     and asks again (R9): the reply may be why it failed.
 * Q2. Another request under the same name is another call.
 * @param failures failed attempts of the step so far, over all generations
 */
export const modelCall = (request: Omit<ModelRequest, 'signal'>, failures: number): string => {
  const { name, ...asked } = request;
  return `model:${name}:${hash(asked)}:${failures}`;
};
