import type { FieldProblem } from '../../contracts/api.ts';

const MAX_TAGS = 10;
const KEY = /^[\w.-]{1,128}$/;
const VALUE_MAX_LENGTH = 128;

/** What is wrong with the tags that a workflow made of an input; they become index keys. */
export function tagProblems(tags: Readonly<Record<string, string>>): readonly FieldProblem[] {
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS) {
    return [{ field: 'tags', problem: `${entries.length} tags; allowed: ${MAX_TAGS}` }];
  }
  return entries.flatMap(([key, value]) => {
    const field = `tags.${key.slice(0, VALUE_MAX_LENGTH)}`;
    if (!KEY.test(key)) {
      const allowed = '1 to 128 letters, digits, "_", "." and "-"';
      return [
        { field, problem: `the tag's key has characters that it cannot have; allowed: ${allowed}` },
      ];
    }
    if (value.length >= 1 && value.length <= VALUE_MAX_LENGTH) return [];
    const problem = `the tag made of this input is ${value.length} characters long; allowed: 1 to ${VALUE_MAX_LENGTH}`;
    return [{ field, problem }];
  });
}
