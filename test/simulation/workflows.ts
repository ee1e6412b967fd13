import { Choice, Parallel } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { AgentWorkflow } from '../../infra/constructs/agent-workflow.ts';
import { is } from '../../infra/constructs/expression.ts';
import {
  bookRoom,
  branch,
  chain,
  chargeCard,
  parallel,
  planTrip,
  readGuide,
  sendNote,
} from './contracts.ts';

export function chainWorkflow(scope: Construct): void {
  new AgentWorkflow(scope, 'Chain', {
    contract: chain,
    definition: (flow) => {
      const { trip, kind } = flow.input;
      const plan = flow.step('plan', planTrip, { trip, kind });
      const book = flow.step('book', bookRoom, { trip, plan: plan.output.plan });
      const charge = flow.step('charge', chargeCard, { trip, room: book.output.room });
      const note = flow.step('note', sendNote, { trip });
      const done = flow.done('Done', { note: note.output.note, receipt: charge.output.receipt });
      return plan.next(book).next(charge).next(note).next(done);
    },
  });
}

export function branchWorkflow(scope: Construct): void {
  new AgentWorkflow(scope, 'Branch', {
    contract: branch,
    definition: (flow) => {
      const { trip, kind } = flow.input;
      const plan = flow.step('plan', planTrip, { trip, kind });
      const guide = flow.step('guide', readGuide, { trip });
      const charge = flow.step('charge', chargeCard, { trip, room: plan.output.plan });
      const note = flow.step('note', sendNote, { trip });
      note.next(flow.done('Noted', { done: note.output.note }));
      charge.addCatch(note, { errors: ['Card.Declined', 'Agent.EffectUncertain'] });
      charge.next(flow.done('Charged', { done: charge.output.receipt }));
      guide.next(flow.done('Guided', { done: 'guided' }));
      return plan.next(
        Choice.jsonata(flow.scope, 'IsSmall')
          .when(is.equal(plan.output.size, 'small'), guide)
          .otherwise(charge),
      );
    },
  });
}

export function parallelWorkflow(scope: Construct): void {
  new AgentWorkflow(scope, 'Parallel', {
    contract: parallel,
    definition: (flow) => {
      const { trip, kind } = flow.input;
      const both = Parallel.jsonata(flow.scope, 'Both', { outputs: {} })
        .branch(flow.step('guide', readGuide, { trip }))
        .branch(
          flow.step('plan', planTrip, { trip, kind }).next(flow.step('note', sendNote, { trip })),
        );
      const book = flow.step('book', bookRoom, { trip, plan: 'both' });
      return both.next(book).next(flow.done('Done', { room: book.output.room }));
    },
  });
}
