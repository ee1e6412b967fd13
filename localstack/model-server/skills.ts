/**
 * What the server can do, by the name of the schema that a request asks for.
 *
 * Boundary: pure; the user's part of a prompt in, the reply's text out. A skill reads tagged sections
 * and nothing else, so what a section says is never an instruction.
 */
import { answerFrom } from './answer.ts';
import { fill } from './filler.ts';
import { intentOf } from './intent.ts';
import type { JsonSchema } from './json-schema.ts';
import { preferencesOf } from './preferences.ts';
import { sectionsOf, textOf } from './sections.ts';
import { segmentOf } from './segment.ts';
import { statementsOf } from './sentences.ts';
import { summaryOf } from './summary.ts';

type Skill = (prompt: string) => unknown;

const SKILLS: Readonly<Record<string, Skill>> = {
  intent: (prompt) => ({ intent: intentOf(textOf(prompt, 'query')) }),
  answer: (prompt) =>
    answerFrom(
      textOf(prompt, 'question'),
      sectionsOf(prompt).filter(({ tag }) => tag === 'passage'),
    ),
  classify: (prompt) => ({ segment: segmentOf(prompt) }),
  preferences: preferencesOf,
  summary: (prompt) => summaryOf(textOf(prompt, 'query')),
};

/**
 * @param shape the object wanted; `null` for plain text
 * @returns JSON when there is a shape. A skill's object is given only where the schema has a place for
 * each of its fields: another workflow may use the same name for something else.
 */
export function reply(
  prompt: string,
  shape: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> } | null,
): string {
  if (!shape) return statementsOf(textOf(prompt, '')).slice(0, 2).join(' ');
  const skill = Object.hasOwn(SKILLS, shape.name) ? SKILLS[shape.name] : undefined;
  const skilled = skill?.(prompt);
  const schema = shape.schema as JsonSchema; // what it does not know of JSON Schema is not read
  return JSON.stringify(fits(skilled, schema) ? skilled : fill(schema, prompt));
}

function fits(value: unknown, schema: JsonSchema): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const wanted = Object.keys(schema.properties ?? {}).sort();
  const given = Object.keys(value).sort();
  return wanted.length === given.length && wanted.every((name, i) => name === given[i]);
}
