import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { scoreLead } from './contracts.ts';
import { gradeOf, scoreOf } from './score.ts';
// Made by `npm run fit:leads`.
import model from './score-model.json' with { type: 'json' };

export const handler = serveAgent(scoreLead, async ({ lead, history }) => {
  const score = scoreOf(model, lead, history);
  return { score, grade: gradeOf(score) };
});
