/**
 * A workflow to be broken: an order in four steps, each with one effect that an outside world counts.
 *
 * Boundary: no part of the product. It is deployed by `test/chaos/app.ts` only.
 */
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';

const order = z.object({ order: z.string() });
const receipt = z.object({ receipt: z.string() });

/**
 * One message an invocation: a worker's death then hits one step. In a larger batch, the steps that
 * a dead worker leaves are started one after the other (R8), and their turn is no time of recovery.
 */
const shape = { timeoutSeconds: 20, batchSize: 1, input: order, output: receipt } as const;

export const reserveItem = agentContract({ name: 'reserve-item', ...shape });
export const chargeCard = agentContract({ name: 'charge-card', ...shape });
export const printLabel = agentContract({ name: 'print-label', ...shape });
export const sendParcel = agentContract({ name: 'send-parcel', ...shape });

export const fulfilOrder = workflowContract({
  name: 'fulfil-order',
  deadlineSeconds: 600,
  input: order,
  output: z.object({ receipts: z.array(z.string()) }),
});
