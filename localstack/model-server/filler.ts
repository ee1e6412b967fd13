/**
 * Fills any schema from the prompt's own words, so that an agent that the server has never heard of
 * runs locally.
 *
 * Job: enums by overlap with the text, numbers and formats found in it, strings quoted from it.
 * Boundary: pure; a schema and a prompt in, a value that the schema takes out.
 *
 * Invariants
 * G1. The value fits the schema: types, enums, bounds, lengths, required fields. Patterns are not read.
 * G2. Nothing is made up that the prompt could have said; what it does not say is the least allowed
 *     value (0, false, an empty list), or the field's own name where text is needed.
 */
import type { JsonSchema } from './json-schema.ts';
import { sectionsOf } from './sections.ts';
import { statementsOf } from './sentences.ts';
import { askedWords, has, stemsOf } from './words.ts';

export function fill(schema: JsonSchema, prompt: string): unknown {
  const sections = sectionsOf(prompt).map(({ text }) => text);
  return valueFor(schema, { root: schema, text: sections.join('\n'), name: '', depth: 0 });
}

interface Place {
  readonly root: JsonSchema;
  readonly text: string;
  /** The field's name and description: what is asked for here. */
  readonly name: string;
  readonly depth: number;
}

/** Schemas may contain themselves; below this depth optional parts are left out. */
const MAX_DEPTH = 6;

function valueFor(given: JsonSchema, at: Place): unknown {
  const schema = resolve(given, at);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return bestOf(schema.enum, at);
  const [type] = [schema.type ?? (schema.properties ? 'object' : 'null')].flat();
  switch (type) {
    case 'object':
      return objectOf(schema, at);
    case 'array':
      return arrayOf(schema, at);
    case 'string':
      return stringOf(schema, at);
    case 'integer':
    case 'number':
      return numberOf(schema, type, at);
    case 'boolean':
      return isStated(at);
    default:
      return null;
  }
}

/** One schema for references, unions (the first that is not null) and intersections. */
function resolve(schema: JsonSchema, at: Place): JsonSchema {
  if (schema.$ref !== undefined) return resolve(definition(schema.$ref, at.root), at);
  const union = schema.anyOf ?? schema.oneOf;
  if (union) {
    const options = union.map((option) => resolve(option, at));
    const isNull = ({ type }: JsonSchema) => type === 'null';
    const [first = {}] =
      at.depth > MAX_DEPTH ? options.toSorted((a) => (isNull(a) ? -1 : 0)) : options;
    return isNull(first) ? (options.find((option) => !isNull(option)) ?? first) : first;
  }
  if (schema.allOf) return schema.allOf.map((part) => resolve(part, at)).reduce(merge, {});
  return schema;
}

const merge = (a: JsonSchema, b: JsonSchema): JsonSchema => ({
  ...a,
  ...b,
  properties: { ...a.properties, ...b.properties },
  required: [...(a.required ?? []), ...(b.required ?? [])],
});

function definition(ref: string, root: JsonSchema): JsonSchema {
  if (ref === '#') return root;
  const name = ref.split('/').at(-1) ?? '';
  return root.$defs?.[name] ?? root.definitions?.[name] ?? {};
}

function objectOf(schema: JsonSchema, at: Place): Record<string, unknown> {
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {}).filter(
    ([name]) => required.has(name) || at.depth < MAX_DEPTH,
  );
  return Object.fromEntries(
    fields.map(([name, field]) => [name, valueFor(field, inner(at, name, field))]),
  );
}

const inner = (at: Place, name: string, schema: JsonSchema): Place => ({
  ...at,
  name: `${words(name)} ${schema.description ?? ''}`.trim(),
  depth: at.depth + 1,
});

/** `maxPrice` → `max price` */
const words = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]/g, ' ')
    .toLowerCase();

function arrayOf(schema: JsonSchema, at: Place): unknown[] {
  const heads = (schema.prefixItems ?? []).map((item) => valueFor(item, inner(at, at.name, item)));
  const item = schema.items;
  if (!item || typeof item !== 'object') return heads;
  const most = Math.min(schema.maxItems ?? 3, Math.max(schema.minItems ?? 0, 3));
  const least = schema.minItems ?? 0;
  const sources = at.depth > MAX_DEPTH ? [] : statementsOf(at.text);
  const length = Math.max(least, Math.min(most, sources.length)) - heads.length;
  const rest = Array.from({ length: Math.max(0, length) }, (_, i) =>
    valueFor(item, { ...inner(at, at.name, item), text: sources[i] ?? at.text }),
  );
  return [...heads, ...rest];
}

/** The option that shares most words with the text; the first when none does. */
function bestOf(options: readonly unknown[], at: Place): unknown {
  const stems = stemsOf(at.text);
  const scored = options.map((option) => ({
    option,
    score: [...stemsOf(words(String(option)))].filter((stem) => has(stems, stem)).length,
  }));
  return scored.reduce((best, next) => (next.score > best.score ? next : best)).option;
}

function stringOf(schema: JsonSchema, at: Place): string {
  const { minLength = 0, maxLength = 1000, format } = schema;
  if (format !== undefined) return formatted(format, at);
  const text = (mostAbout(at) ?? at.name).slice(0, maxLength);
  return text.padEnd(minLength, '.');
}

const FORMATS: Readonly<Record<string, { readonly find: RegExp; readonly none: string }>> = {
  email: { find: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/, none: 'nobody@example.com' },
  uri: { find: /https?:\/\/[^\s"'<>)]+/, none: 'https://example.com/' },
  date: { find: /\b\d{4}-\d\d-\d\d\b/, none: '1970-01-01' },
  'date-time': {
    find: /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/,
    none: '1970-01-01T00:00:00Z',
  },
  time: { find: /\b\d\d:\d\d:\d\d\b/, none: '00:00:00' },
  uuid: {
    find: /\b[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\b/i,
    none: '00000000-0000-4000-8000-000000000000',
  },
};

function formatted(format: string, at: Place): string {
  const known = FORMATS[format];
  return known ? (known.find.exec(at.text)?.[0] ?? known.none) : at.name;
}

/** The statement that shares most words with what is asked for here; the first when none does. */
function mostAbout(at: Place): string | undefined {
  const asked = askedWords(at.name).map(({ stem }) => stem);
  const scored = statementsOf(at.text).map((statement) => {
    const stems = stemsOf(statement);
    return { statement, score: asked.filter((stem) => has(stems, stem)).length };
  });
  return scored.toSorted((a, b) => b.score - a.score)[0]?.statement;
}

/** The number nearest after the field's own words, else the first that the bounds allow, else the lowest. */
function numberOf(schema: JsonSchema, type: 'integer' | 'number', at: Place): number {
  const { low, high } = bounds(schema, type);
  const allowed = (value: number) =>
    value >= low && value <= high && (type === 'number' || Number.isInteger(value));
  const about = mostAbout(at) ?? '';
  const found = [...numbersIn(about), ...numbersIn(at.text)].find(allowed);
  return found ?? (allowed(0) ? 0 : Number.isFinite(low) ? low : high);
}

const numbersIn = (text: string): number[] =>
  [...text.matchAll(/-?\d+(?:,\d{3})*(?:\.\d+)?/g)].map(([number]) =>
    Number(number.replaceAll(',', '')),
  );

function bounds(schema: JsonSchema, type: 'integer' | 'number'): { low: number; high: number } {
  const step = type === 'integer' ? 1 : 1e-6;
  const above = schema.exclusiveMinimum;
  const below = schema.exclusiveMaximum;
  const low = Math.max(
    schema.minimum ?? Number.NEGATIVE_INFINITY,
    above === undefined ? Number.NEGATIVE_INFINITY : above + step,
  );
  const high = Math.min(
    schema.maximum ?? Number.POSITIVE_INFINITY,
    below === undefined ? Number.POSITIVE_INFINITY : below - step,
  );
  return type === 'integer' ? { low: Math.ceil(low), high: Math.floor(high) } : { low, high };
}

const NEGATION = /\b(?:no|not|never|n't|without|none)\b/i;

/** Whether a statement of the text has the field's words and does not negate them. */
function isStated(at: Place): boolean {
  const asked = askedWords(at.name).map(({ stem }) => stem);
  return statementsOf(at.text).some((statement) => {
    const stems = stemsOf(statement);
    return asked.length > 0 && asked.some((stem) => has(stems, stem)) && !NEGATION.test(statement);
  });
}
