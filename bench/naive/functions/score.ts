import { gradeOf, scoreOf } from '../../../functions/lead-qualification/score.ts';
import model from '../../../functions/lead-qualification/score-model.json' with { type: 'json' };
import { stage } from './stage.ts';

export const handler = stage(async (item) => {
  const score = scoreOf(model, item.lead, item.history ?? null);
  return { ...item, score, grade: gradeOf(score) };
});
