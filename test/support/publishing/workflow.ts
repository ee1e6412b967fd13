import { Choice } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { AgentWorkflow } from '../../../infra/constructs/agent-workflow.ts';
import { is, orElse } from '../../../infra/constructs/expression.ts';
import { publishing, writeReport } from './contracts.ts';

/** The longest wait of the hasty question. */
const HASTY_HOURS = 4 / 3600;

/** A report that somebody has to let go, in two minutes or in four seconds, or that has to be paid. */
export const publishingWorkflow = (scope: Construct): AgentWorkflow<typeof publishing> =>
  new AgentWorkflow(scope, 'Publishing', {
    contract: publishing,
    definition: (flow) => {
      const write = flow.step('write', writeReport, { topic: flow.input.topic });
      const ask = (name: string, timeoutHours: number) => {
        const question = flow.approval(name, {
          title: 'Publish this report?',
          show: { report: write.output.report },
          timeoutHours,
        });
        return question.next(
          flow.done(`${name}Decided`, {
            outcome: question.output.decision,
            by: orElse(question.output.by, 'nobody'),
            note: orElse(question.output.note, ''),
            amount: 0,
          }),
        );
      };
      const paid = flow.waitFor('paid', { event: 'payment.received', timeoutSeconds: 60 });
      return write.next(
        Choice.jsonata(flow.scope, 'WhomToAsk')
          .when(is.equal(flow.input.ask, 'patiently'), ask('publish', 2 / 60))
          .when(is.equal(flow.input.ask, 'hastily'), ask('hurry', HASTY_HOURS))
          .otherwise(
            paid.next(
              flow.done('Paid', {
                outcome: 'paid',
                by: '',
                note: '',
                amount: paid.output.amount,
              }),
            ),
          ),
      );
    },
  });
