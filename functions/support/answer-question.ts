import * as z from 'zod/mini';
import type { AgentContext } from '#runtime/contracts/agent-context.ts';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { promptOf } from './answer-prompt.ts';
import { answerQuestion, type Citation, type Passage } from './contracts.ts';
import { MATERIAL_RULE } from './prompt.ts';

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
/** A model that was told twice what was wrong will not find it out. */
const MAX_REPLIES = 3;

export const handler = serveAgent(answerQuestion, async ({ question, passages }, ctx) => {
  if (passages.length === 0) return NO_ANSWER;
  const { object: reply } = await ctx.model('answer', {
    system: SYSTEM,
    prompt: promptOf(question, passages, ctx.attempts),
    output: Answer,
    maxOutputTokens: 600,
  });
  if (!reply.answerable) return NO_ANSWER;
  const mistake = mistakeIn(reply, passages);
  if (mistake !== null) throw refusal(mistake, ctx.attempts);
  return { ...reply, citations: placesOf(reply.citations, passages) };
});

/** Why the reply is no answer, `null` when it is one: what cannot be looked up is not answered. */
function mistakeIn({ answer, citations }: Answer, passages: readonly Passage[]): string | null {
  const given = passages.map(({ id }) => id);
  const unknown = citations.filter((id) => !given.includes(id));
  const allowed = `allowed are ids of the passages given: ${given.join(', ')}`;
  if (unknown.length > 0) return `the answer cites ${JSON.stringify(unknown)}; ${allowed}`;
  if (citations.length === 0) return `the answer cites nothing; ${allowed}`;
  return answer.trim() === '' ? 'the answer is empty although "answerable" is true' : null;
}

/** Retryable, so that the next attempt is told; in the end terminal, so that the workflow can hand over. */
function refusal(mistake: string, attempts: AgentContext['attempts']) {
  const refused = attempts.filter(({ error }) => error.code === 'MODEL_OUTPUT_INVALID').length;
  return refused + 1 < MAX_REPLIES
    ? new RetryableError(mistake, { code: 'MODEL_OUTPUT_INVALID' })
    : new TerminalError(`${MAX_REPLIES} replies were refused: ${mistake}`, {
        code: 'OUTPUT_INVALID',
      });
}

/** Each place once: several passages may come from one section. */
function placesOf(ids: readonly string[], passages: readonly Passage[]): Citation[] {
  const cited = passages.filter(({ id }) => ids.includes(id));
  return [
    ...new Map(
      cited.map(({ file, heading }) => [`${file}#${heading}`, { file, heading }]),
    ).values(),
  ];
}
