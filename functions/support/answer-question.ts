import * as z from 'zod/mini';
import type { AgentContext } from '#runtime/contracts/agent-context.ts';
import { RetryableError } from '#runtime/contracts/errors.ts';
import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { answerQuestion, type Citation, type Passage } from './contracts.ts';
import { group, MATERIAL_RULE, section } from './prompt.ts';

const SYSTEM = `You answer questions about a software project from passages of its documentation, and from nothing else.
- When the passages do not answer the question, set "answerable" to false, "answer" to "" and "citations" to [].
- Otherwise answer in at most five sentences, and put into "citations" the ids of the passages that you used.
- Never fill a gap with what you know from elsewhere.
${MATERIAL_RULE}`;

const Answer = z.object({
  answerable: z.boolean(),
  answer: z.string(),
  citations: z.array(z.string()),
});
type Answer = z.infer<typeof Answer>;

const NO_ANSWER = { answerable: false, answer: '', citations: [] };

export const handler = serveAgent(answerQuestion, async ({ question, passages }, ctx) => {
  if (passages.length === 0) return NO_ANSWER;
  const reply = await ctx.model('answer', {
    system: SYSTEM,
    prompt: promptOf(question, passages, ctx.attempts),
    output: Answer,
    maxOutputTokens: 600,
  });
  return reply.object.answerable ? cited(reply.object, passages) : NO_ANSWER;
});

/** A retry tells the model why its last reply was refused. */
function promptOf(
  question: string,
  passages: readonly Passage[],
  attempts: AgentContext['attempts'],
): string {
  const last = attempts.at(-1);
  return [
    group(
      'passages',
      passages.map(({ id, file, heading, text }) =>
        section('passage', text, { id, file, heading }),
      ),
    ),
    section('question', question),
    ...(last ? [section('refused', `Your last reply was refused: ${last.error.message}`)] : []),
  ].join('\n\n');
}

/**
 * The answer with places for ids.
 * @throws RetryableError when it is empty, cites nothing, or cites what it was not given: an answer
 * that cannot be looked up is not one.
 */
function cited({ answer, citations }: Answer, passages: readonly Passage[]) {
  const given = new Map(passages.map((passage) => [passage.id, passage]));
  const unknown = citations.filter((id) => !given.has(id));
  const allowed = [...given.keys()].join(', ');
  if (unknown.length > 0) {
    throw refused(`the answer cites ${unknown.map((id) => `"${id}"`).join(', ')}`, allowed);
  }
  if (citations.length === 0) throw refused('the answer cites nothing', allowed);
  if (answer.trim() === '') throw refused('the answer is empty although it is answerable', allowed);
  return { answerable: true, answer, citations: places(citations.map((id) => given.get(id))) };
}

const refused = (what: string, allowed: string): RetryableError =>
  new RetryableError(`${what}; allowed are the passages ${allowed}`, {
    code: 'MODEL_OUTPUT_INVALID',
  });

/** Each place once, in the order cited: several passages may come from one section. */
const places = (passages: readonly (Passage | undefined)[]): Citation[] => [
  ...new Map(
    passages
      .filter((passage) => passage !== undefined)
      .map(({ file, heading }) => [`${file}#${heading}`, { file, heading }]),
  ).values(),
];
