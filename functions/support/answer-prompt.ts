import type { AgentContext } from '#runtime/contracts/agent-context.ts';
import type { Passage } from './contracts.ts';
import { group, section } from './prompt.ts';

/** A retry tells the model why its last reply was refused. */
export function promptOf(
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
