import type { Construct } from 'constructs';
import {
  classifyLead,
  enrichLead,
  leadQualification,
  scoreLead,
  storeLead,
} from '../../functions/lead-qualification/contracts.ts';
import { AgentWorkflow } from '../constructs/agent-workflow.ts';

/** Says how promising a lead is, and tells the customer system. */
export const leadQualificationWorkflow = (
  scope: Construct,
): AgentWorkflow<typeof leadQualification> =>
  new AgentWorkflow(scope, 'LeadQualification', {
    contract: leadQualification,
    definition: (flow) => {
      const lead = flow.input;
      const { leadId } = lead;
      const classify = flow.step('classify', classifyLead, { lead });
      const enrich = flow.step('enrich', enrichLead, { leadId });
      const score = flow.step('score', scoreLead, { lead, history: enrich.output.history });
      const qualification = {
        leadId,
        segment: classify.output.segment,
        score: score.output.score,
        grade: score.output.grade,
      };
      const store = flow.step('store', storeLead, qualification);
      const qualified = flow.done('Qualified', {
        ...qualification,
        qualificationId: store.output.qualificationId,
      });
      return classify.next(enrich).next(score).next(store).next(qualified);
    },
  });
