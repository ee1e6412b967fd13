import { leadText } from '../../../functions/lead-qualification/lead-text.ts';
import { call, json, stage } from './stage.ts';

const SCHEMA = {
  type: 'object',
  properties: { segment: { type: 'string', enum: ['consumer', 'business', 'international'] } },
  required: ['segment'],
};

interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
}

export const handler = stage(async (item) => {
  const reply = (await call(
    `${process.env.MODEL_BASE_URL}/chat/completions`,
    json('POST', {
      model: 'extractive',
      messages: [{ role: 'user', content: leadText(item.lead) }],
      response_format: { type: 'json_schema', json_schema: { name: 'classify', schema: SCHEMA } },
    }),
  )) as Completion;
  const { segment } = JSON.parse(reply.choices[0]?.message.content ?? '{}');
  return { ...item, segment };
});
