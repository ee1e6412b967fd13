import { Choice } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import {
  answerQuestion,
  identifyIntent,
  openTicket,
  retrievePassages,
  support,
} from '../../functions/support/contracts.ts';
import { AgentWorkflow } from '../constructs/agent-workflow.ts';
import { is } from '../constructs/expression.ts';

/** Answers from the documentation, or hands over to a person: one is asked for, or the docs do not say. */
export const supportWorkflow = (scope: Construct): AgentWorkflow<typeof support> =>
  new AgentWorkflow(scope, 'Support', {
    contract: support,
    definition: (flow) => {
      const { query, customerId } = flow.input;
      const intent = flow.step('intent', identifyIntent, { query });
      const retrieve = flow.step('retrieve', retrievePassages, { query, limit: 5 });
      const answer = flow.step('answer', answerQuestion, {
        question: query,
        passages: retrieve.output.passages,
      });
      const handoff = flow.step('handoff', openTicket, {
        query,
        customerId,
        intent: intent.output.intent,
      });

      const answered = flow.done('Answered', {
        kind: 'answered',
        answer: answer.output.answer,
        citations: answer.output.citations,
      });
      const handedOff = flow.done('HandedOff', {
        kind: 'handed-off',
        ticketId: handoff.output.ticketId,
        reason: handoff.output.reason,
        summary: handoff.output.summary,
      });
      handoff.next(handedOff);
      // A model that cannot cite what it says has not answered.
      answer.addCatch(handoff, { errors: ['Agent.OutputInvalid'] });

      const isAnswerable = Choice.jsonata(flow.scope, 'IsAnswerable')
        .when(is.true(answer.output.answerable), answered)
        .otherwise(handoff);
      return intent.next(
        Choice.jsonata(flow.scope, 'IsQuestion')
          .when(
            is.equal(intent.output.intent, 'question'),
            retrieve.next(answer).next(isAnswerable),
          )
          .otherwise(handoff),
      );
    },
  });
