/**
 * How well the support desk answers: the real index and prompts, the local model in process.
 * A question is answered rightly when its first citation is a file that answers it.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { promptOf } from '../../../functions/support/answer-prompt.ts';
import { loadIndex } from '../../../functions/support/knowledge.ts';
import { prepare } from '../../../functions/support/prepare.ts';
import { reply } from '../../../localstack/model-server/skills.ts';
import { LANTERNFISH, type QuestionSet, SIGNALBOX } from './questions.ts';

const MIN_ANSWERED = 0.9;
const MIN_REFUSED = 0.95;

const Answer = z.object({
  answerable: z.boolean(),
  answer: z.string(),
  citations: z.array(z.string()),
});

const scratch = await mkdtemp(path.join(tmpdir(), 'knowledge-'));
afterAll(() => rm(scratch, { recursive: true }));

async function deskOver(root: string) {
  const target = path.join(scratch, `${path.basename(root)}.json`);
  await prepare({ root, target });
  const search = loadIndex(JSON.parse(await readFile(target, 'utf8')).index);
  return (question: string) => {
    const passages = search(question, 5);
    const shape = { name: 'answer', schema: z.toJSONSchema(Answer) };
    const answer = Answer.parse(JSON.parse(reply(promptOf(question, passages, []), shape)));
    const [first] = answer.citations;
    return { ...answer, file: passages.find(({ id }) => id === first)?.file };
  };
}

const corpora: readonly [string, string, QuestionSet][] = [
  ['an invented product', path.join(import.meta.dirname, 'fixture'), LANTERNFISH],
  ["this project's own documentation", path.join(import.meta.dirname, '../../..'), SIGNALBOX],
];

describe.each(corpora)('a support desk over %s', async (_name, root, questions) => {
  const ask = await deskOver(root);

  test('answers what the documents say, from the right file', () => {
    const wrong = questions.answerable.filter(([question, files]) => {
      const { answerable, answer, file } = ask(question);
      return !answerable || answer === '' || !files.includes(file ?? '');
    });
    expect(questions.answerable.length).toBeGreaterThanOrEqual(25);
    expect(1 - wrong.length / questions.answerable.length, String(wrong)).toBeGreaterThanOrEqual(
      MIN_ANSWERED,
    );
  });

  test('refuses what the documents do not say', () => {
    const invented = questions.unanswerable.filter((question) => ask(question).answerable);
    expect(questions.unanswerable.length).toBeGreaterThanOrEqual(25);
    expect(
      1 - invented.length / questions.unanswerable.length,
      String(invented),
    ).toBeGreaterThanOrEqual(MIN_REFUSED);
  });
});
