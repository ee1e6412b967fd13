import type { Construct } from 'constructs';
import { AgentWorkflow } from '../../infra/constructs/agent-workflow.ts';
import {
  chargeCard,
  fulfilOrder,
  printLabel,
  reserveItem,
  sendParcel,
} from './functions/contracts.ts';

/** Four steps, one after the other. */
export const fulfilOrderWorkflow = (scope: Construct): AgentWorkflow<typeof fulfilOrder> =>
  new AgentWorkflow(scope, 'FulfilOrder', {
    contract: fulfilOrder,
    definition: (flow) => {
      const { order } = flow.input;
      const reserve = flow.step('reserve', reserveItem, { order });
      const charge = flow.step('charge', chargeCard, { order });
      const label = flow.step('label', printLabel, { order });
      const send = flow.step('send', sendParcel, { order });
      const done = flow.done('Fulfilled', {
        receipts: [
          reserve.output.receipt,
          charge.output.receipt,
          label.output.receipt,
          send.output.receipt,
        ],
      });
      return reserve.next(charge).next(label).next(send).next(done);
    },
  });
