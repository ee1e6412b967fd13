import type * as z from 'zod/v4/core';

/** The most that are named; a list of thousands helps nobody. */
const MAX_ISSUES = 10;

/** `question: Invalid input: expected string, received number; items[2].name: …`, field by field. */
export function describeIssues(issues: readonly z.$ZodIssue[]): string {
  const named = issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => `${fieldOf(path)}: ${message}`);
  const rest = issues.length - named.length;
  return [...named, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

/** `items[2].name`; `$` is the whole. */
export const fieldOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part, i) =>
      typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`,
    )
    .join('') || '$';
