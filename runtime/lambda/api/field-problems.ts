/**
 * What a schema finds wrong with a part of a request, in the API's own words.
 *
 * Invariant Q3: a problem says what was got, cut where it is long, and what is allowed. Words that the
 * author of a schema has given it stay.
 */
import type * as z from 'zod/v4/core';
import type { FieldProblem } from '../../contracts/api.ts';
import { describeIssues, fieldOf } from '../../core/issues.ts';
import { quoted } from './problem.ts';

/** @param under the field that the schema was applied to; `[]`: the whole */
export const fieldProblems = (
  issues: readonly z.$ZodIssue[],
  under: readonly PropertyKey[] = [],
): readonly FieldProblem[] =>
  issues.map(({ path, message }) => ({ field: fieldOf([...under, ...path]), problem: message }));

/** A value of JSON as it is told back to whoever sent it. */
export function gotOf(value: unknown): string {
  if (value === undefined) return 'is missing';
  if (Array.isArray(value)) return 'is a list';
  if (typeof value === 'object' && value !== null) return 'is an object';
  return `is ${typeof value === 'string' ? quoted(value) : String(value)}`;
}

type Raw<T extends z.$ZodIssue = z.$ZodIssue> = z.$ZodRawIssue<T>;

function sayIssue(issue: Raw): string {
  const got = gotOf(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return `${got}; allowed: ${typeOf(issue)}`;
    case 'invalid_value':
      return `${got}; allowed: ${listOf(issue.values)}`;
    case 'too_small':
      return `${sizeOf(issue.input)}; allowed: ${limitOf(issue, issue.minimum, ['at least', 'more than'])}`;
    case 'too_big':
      return `${sizeOf(issue.input)}; allowed: ${limitOf(issue, issue.maximum, ['at most', 'less than'])}`;
    case 'not_multiple_of':
      return `${got}; allowed: multiples of ${issue.divisor}`;
    case 'invalid_format':
      return `${got}; allowed: a string ${formatOf(issue)}`;
    case 'unrecognized_keys':
      return `has ${listOf(issue.keys)}; allowed: ${fieldsOf(issue.inst)}`;
    case 'invalid_union':
      return sayUnion(issue);
    case 'invalid_key':
      return `is a key that is not allowed (${describeIssues(issue.issues)})`;
    default:
      return `${got}, which a check of its schema refuses`;
  }
}

/** Types as JSON has them. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  tuple: 'a list',
  never: 'nothing',
  nonoptional: 'any JSON',
};

/** Of a whole number zod says only `number` when it was sent none at all. */
function typeOf({ expected, inst }: Raw<z.$ZodIssueInvalidType>): string {
  const { def } = inst?._zod ?? {};
  const isWhole = expected === 'number' && def && 'format' in def && def.format === 'safeint';
  return TYPES[isWhole ? 'int' : expected] ?? expected;
}

const listOf = (values: readonly unknown[]): string =>
  values.map((value) => (typeof value === 'string' ? quoted(value) : String(value))).join(', ');

/** What a limit counts, or the number itself that it limits. */
function sizeOf(value: unknown): string {
  if (typeof value === 'string') return `has ${count(value, 'character')}`;
  return Array.isArray(value) ? `has ${count(value, 'item')}` : gotOf(value);
}

const count = ({ length }: { readonly length: number }, what: string): string =>
  `${length} ${what}${length === 1 ? '' : 's'}`;

function limitOf(
  { exact = false, inclusive = true }: { readonly exact?: boolean; readonly inclusive?: boolean },
  limit: number | bigint,
  [including, excluding]: readonly [string, string],
): string {
  if (exact) return `exactly ${limit}`;
  return `${inclusive ? including : excluding} ${limit}`;
}

function formatOf(issue: Raw<z.$ZodIssueInvalidStringFormat>): string {
  const { format, pattern, prefix, suffix, includes } = issue;
  if (typeof prefix === 'string') return `that begins with ${quoted(prefix)}`;
  if (typeof suffix === 'string') return `that ends with ${quoted(suffix)}`;
  if (typeof includes === 'string') return `with ${quoted(includes)} in it`;
  return format === 'regex' ? `that matches ${pattern}` : `of the format ${format}`;
}

/** Fields of the object that a schema describes. */
function fieldsOf(schema: Raw['inst']): string {
  const { def } = schema?._zod ?? {};
  return def && 'shape' in def ? Object.keys(def.shape as object).join(', ') : 'none';
}

function sayUnion({ errors, discriminator, options, input }: Raw<z.$ZodIssueInvalidUnion>): string {
  if (discriminator !== undefined && Array.isArray(options)) {
    const told = (input as Readonly<Record<string, unknown>> | undefined)?.[discriminator];
    return `${gotOf(told)}; allowed: ${listOf(options)}`;
  }
  if (errors.length === 0)
    return `${gotOf(input)}, which fits more than one of the shapes that are allowed`;
  return `fits none of what is allowed (${errors.map(describeIssues).join(', or ')})`;
}

/** For whatever reads a part of a request by a schema. */
export const OUR_WORDS = { error: sayIssue } as const satisfies z.ParseContext<z.$ZodIssue>;
