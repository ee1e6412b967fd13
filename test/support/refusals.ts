import { type IChainable, ProvideItems } from 'aws-cdk-lib/aws-stepfunctions';
import { expect, test } from 'vitest';
import type { Expression } from '../../infra/constructs/expression.ts';
import { type LettersFlow, lettersWorkflow, sortLetter, writeReply } from './authoring.ts';

export const triage = (
  flow: LettersFlow,
  name = 'triage',
  text: Expression<string> = flow.input.text,
) => flow.step(name, sortLetter, { text });
export const reply = (flow: LettersFlow, text: Expression<string> = flow.input.text) =>
  flow.step('reply', writeReply, { text, tags: [] });
export const filed = (flow: LettersFlow, text: Expression<string> | string = '') =>
  flow.done('Filed', { outcome: 'filed', reply: text });
export const items = (source: string) => ({ items: ProvideItems.jsonata(`{% ${source} %}`) });

/** What is said when such a workflow is declared. */
export function refusalOf(definition: (flow: LettersFlow) => IChainable): string {
  try {
    lettersWorkflow(definition);
  } catch (error) {
    expect(error).toHaveProperty('code', 'DEFINITION_INVALID');
    return String(error);
  }
  return 'not refused';
}

export type Refused = readonly [
  what: string,
  definition: (flow: LettersFlow) => IChainable,
  ...named: string[],
];
/** One test per case: the refusal names all that is listed. */
export function refuses(cases: readonly Refused[]): void {
  for (const [what, definition, ...named] of cases) {
    test(what, () => {
      const refusal = refusalOf(definition);
      for (const text of named) expect(refusal).toContain(text);
    });
  }
}
