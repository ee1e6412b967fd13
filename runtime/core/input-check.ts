import type { FieldProblem } from '../contracts/api.ts';
import { REFERENCE_KEY } from '../contracts/claim-check.ts';

/** Far more than people write, far less than the depth at which recursion breaks. */
const MAX_DEPTH = 64;
/** The most that are named; a list of thousands helps nobody. */
const MAX_PROBLEMS = 10;

/** Keys that mean something else to the platform or to JavaScript than to their author. */
const RESERVED_KEYS: Readonly<Record<string, string>> = {
  [REFERENCE_KEY]: `the key "${REFERENCE_KEY}" is reserved for the platform; rename it`,
  ['__proto__']: 'the key "__proto__" is not allowed; rename it',
};

/**
 * What an entrance refuses in any input, whatever its schema says: parsed JSON that would not come
 * out of storage as it went in, or that would be taken for something of the platform's own.
 */
export function refusedParts(
  input: unknown,
  { maxDepth = MAX_DEPTH }: { readonly maxDepth?: number } = {},
): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const open: Part[] = [{ field: '$', value: input, depth: 0 }];
  // A stack of its own: recursion would be at the mercy of whoever nests deepest.
  for (let part = open.pop(); part && problems.length < MAX_PROBLEMS; part = open.pop()) {
    const problem = problemOf(part, maxDepth);
    if (problem !== null) problems.push({ field: part.field, problem });
    else open.push(...membersOf(part).reverse());
  }
  return problems;
}

interface Part {
  readonly field: string;
  readonly value: unknown;
  readonly depth: number;
  /** Present for a member of an object. */
  readonly key?: string;
}

function problemOf({ value, depth, key }: Part, maxDepth: number): string | null {
  const strange = strangeText(key, value);
  if (strange !== null) return strange;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return `the number is out of range; allowed: up to ${Number.MAX_VALUE}`;
  }
  if (depth > maxDepth) return `nested deeper than ${maxDepth} levels`;
  return null;
}

function strangeText(key: string | undefined, value: unknown): string | null {
  if (key !== undefined) {
    const reserved = Object.hasOwn(RESERVED_KEYS, key) ? RESERVED_KEYS[key] : undefined;
    if (reserved !== undefined) return reserved;
    const strange = strangeCharacter(key);
    if (strange !== null) return `the key has ${strange}`;
  }
  const strange = typeof value === 'string' ? strangeCharacter(value) : null;
  return strange && `the text has ${strange}`;
}

/** What JSON carries and a queue does not: a message that holds it cannot be sent. */
function strangeCharacter(text: string): string | null {
  if (!text.isWellFormed()) return 'half of a surrogate pair; allowed: whole characters';
  if (/[\ufffe\uffff]/.test(text)) {
    return 'U+FFFE or U+FFFF, which are no characters; allowed: characters';
  }
  return null;
}

function membersOf({ field, value, depth }: Part): Part[] {
  if (Array.isArray(value)) {
    return value.map((item, i) => ({
      field: `${whole(field)}[${i}]`,
      value: item,
      depth: depth + 1,
    }));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, member]) => ({
    field: field === '$' ? key : `${field}.${key}`,
    value: member,
    depth: depth + 1,
    key,
  }));
}

const whole = (field: string): string => (field === '$' ? '' : field);
