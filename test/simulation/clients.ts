/** People and programs in front of the API, with all the patience that they have. */
import type { RestCall } from '../support/rest-event.ts';
import { SIMULATED_WORKFLOWS } from './contracts.ts';
import type { Random } from './random.ts';

/** What somebody wants to have run. */
export interface Order {
  readonly key: string;
  readonly workflow: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const WORKFLOWS = [...SIMULATED_WORKFLOWS.map(({ name }) => name), 'support'] as const;

export function orderOf(random: Random, key: string, isPoison: boolean): Order {
  const workflow = random.pick(WORKFLOWS) ?? 'chain';
  const input =
    workflow === 'support'
      ? { query: `What is ${key}?`, customerId: key }
      : { trip: key, kind: isPoison ? 'poison' : 'plain' };
  return { key, workflow, input };
}

export const startCallOf = ({ key, workflow, input }: Order): RestCall => ({
  method: 'POST',
  path: `/workflows/${workflow}/runs`,
  headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
  body: JSON.stringify(input),
});
