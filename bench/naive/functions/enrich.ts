import type { History } from '../../../functions/lead-qualification/contracts.ts';
import { call, stage } from './stage.ts';

export const handler = stage(async (item) => {
  const lead = encodeURIComponent(item.lead.leadId);
  const history = (await call(`${process.env.CRM_URL}/histories?lead=${lead}`)) as History;
  return { ...item, history };
});
