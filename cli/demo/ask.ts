/** Act one: real questions, answered from the project's own documentation. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { clean, wrap } from '../draw/text.ts';
import { waterfall } from '../draw/waterfall.ts';
import { watchRun } from '../runs/follow.ts';
import { printLines } from '../runs/print.ts';
import { type Citation, supportOutput, type Told } from './report.ts';
import { CUSTOMER, curtain, eventsOf, type Theatre } from './theatre.ts';

const QUESTIONS = [
  'What happens when a worker dies?',
  'Is a model asked exactly once?',
  'How do I add an agent?',
];

const LONGEST_LINE = 96;

export async function askQuestions(theatre: Theatre): Promise<Told[]> {
  curtain(
    theatre,
    '1 · Ask',
    'The support workflow answers from this repository’s own documentation: intent → retrieve → answer.',
  );
  const told: Told[] = [];
  for (const question of QUESTIONS) told.push(await askOne(theatre, question));
  return told;
}

async function askOne(theatre: Theatre, question: string): Promise<Told> {
  const { io, client } = theatre;
  printLines(io, [`${io.paint('cyan', '?')} ${io.paint('bold', question)}`, '']);
  const { id } = await client.startRun({
    workflow: 'support',
    input: { query: question, customerId: CUSTOMER },
  });
  const run = await watchRun(client, id, io);
  const output = supportOutput(run);
  const citations = output?.kind === 'answered' ? output.citations : [];
  const answer = output?.kind === 'answered' ? output.answer : '';
  printLines(io, ['', ...answerLines(answer, citations, theatre), '']);
  printLines(io, [...waterfall(await client.trace(id), io), '']);
  checkAnswer(theatre, question, citations, `${run.status}, ${JSON.stringify(run.output)}`);
  return { question, run, events: await eventsOf(client, id) };
}

function answerLines(answer: string, citations: readonly Citation[], { io }: Theatre): string[] {
  const lines = wrap(clean(answer), Math.min(io.width, LONGEST_LINE) - 2);
  return [
    ...lines.map((line) => `  ${line}`),
    ...citations.map(({ file, heading }) =>
      io.paint('dim', `  → ${clean(file)} · ${clean(heading)}`),
    ),
  ];
}

function checkAnswer(
  { claims, project }: Theatre,
  question: string,
  citations: readonly Citation[],
  got: string,
): void {
  const exist = citations.every(({ file }) => existsSync(join(project, file)));
  claims.check(`“${question}” is answered with citations`, citations.length > 0 && exist, got);
}
