/**
 * What a cell of a table says, as the field that it is for takes it.
 *
 * Boundary: pure; reads of JSON Schema only which kinds of values a field takes. Whether the value fits
 * is checked afterwards, against all of the schema.
 */

type JsonSchema = Readonly<Record<string, unknown>>;

/** A cell that cannot be what its field takes stays text, and the check says so. */
export function cellValue(cell: string, field: unknown): unknown {
  const kinds = kindsOf(field);
  if (kinds.has('string')) return cell;
  if ((kinds.has('number') || kinds.has('integer')) && NUMBER.test(cell)) return Number(cell);
  return jsonOrText(cell);
}

/** As JSON spells numbers, and with zeros in front, as tables do. */
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

function kindsOf(schema: unknown): ReadonlySet<string> {
  if (!isSchema(schema)) return new Set();
  const { type, anyOf, oneOf, enum: values = 'const' in schema ? [schema.const] : [] } = schema;
  return new Set([
    ...listOf(type).map(String),
    ...(type === undefined ? listOf(values).map((value) => typeof value) : []),
    ...[...listOf(anyOf), ...listOf(oneOf)].flatMap((one) => [...kindsOf(one)]),
  ]);
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null;

const listOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  return value === undefined ? [] : [value];
};

function jsonOrText(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}
