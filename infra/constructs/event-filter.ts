/**
 * Which fields an event's data may have, and whether a filter over them can ever be met.
 *
 * Boundary: schemas in, words out. Where a schema does not say what it lets through (a transformation,
 * a check of the author's own), everything counts as possible: only what is certain is refused.
 */
import * as z from 'zod/v4/core';
import type { Schema } from '#runtime/contracts/agent.ts';
import type { FilterValue } from '#runtime/contracts/subscriptions.ts';

type Filter = Readonly<Record<string, FilterValue>>;

/** What a field may hold; `unknown`: its schema does not say. */
type Holder = Schema | 'unknown';

/** One form that the data may have. */
interface Form {
  readonly fields: ReadonlyMap<string, Holder>;
  /** What fields of other names may hold; absent where there are none. */
  readonly others?: Holder;
}

/** What is wrong with a filter that no data of this schema can meet; `null` when some can. */
export function neverMet(schema: Schema, where: Filter): string | null {
  const forms = formsOf(schema);
  for (const [field, value] of Object.entries(where)) {
    const holders = forms.flatMap((form) => holderOf(form, field) ?? []);
    if (holders.length === 0) {
      return `the data have no field "${field}"; their fields: ${namesIn(forms).join(', ') || 'none'}`;
    }
    if (!holders.some((holder) => mayHold(holder, value))) {
      return `the field "${field}" is never ${JSON.stringify(value)}`;
    }
  }
  return forms.some((form) => mayMeet(form, where))
    ? null
    : `no data have all of ${JSON.stringify(where)} at once`;
}

/** Names of the fields that data of this schema may have, as far as it names them. */
export const fieldNames = (schema: Schema): readonly string[] => namesIn(formsOf(schema));

const namesIn = (forms: readonly Form[]): string[] => [
  ...new Set(forms.flatMap(({ fields }) => [...fields.keys()])),
];

const holderOf = ({ fields, others }: Form, field: string): Holder | undefined =>
  fields.get(field) ?? others;

const mayMeet = (form: Form, where: Filter): boolean =>
  Object.entries(where).every(([field, value]) => {
    const holder = holderOf(form, field);
    return holder !== undefined && mayHold(holder, value);
  });

const ANY: readonly Form[] = [{ fields: new Map(), others: 'unknown' }];

/** The forms that the data may have; none for what is no object. */
function formsOf(schema: Schema): readonly Form[] {
  const { def } = (schema as z.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return [formOf(def)];
    case 'record':
      return [{ fields: new Map(), others: def.valueType }];
    case 'union':
      return def.options.flatMap(formsOf);
    case 'intersection':
      return formsOf(def.left).flatMap((left) =>
        formsOf(def.right).map((right) => both(left, right)),
      );
    case 'any':
    case 'unknown':
    case 'custom':
    case 'transform':
      return ANY;
    default: {
      const inside = insideOf(schema);
      return inside ? formsOf(inside) : [];
    }
  }
}

const formOf = ({ shape, catchall }: z.$ZodObjectDef): Form => ({
  fields: new Map(Object.entries(shape)),
  ...(catchall && catchall._zod.def.type !== 'never' && { others: catchall }),
});

/** A field of both has to fit both; whether one fits the other is not found out. */
function both(left: Form, right: Form): Form {
  const names = [...left.fields.keys(), ...right.fields.keys()];
  const others = left.others ?? right.others;
  return {
    fields: new Map(
      names.map((name) => {
        const [one, two] = [left.fields.get(name), right.fields.get(name)];
        return [name, one && two ? 'unknown' : (one ?? two ?? 'unknown')];
      }),
    ),
    ...(others && { others }),
  };
}

function mayHold(holder: Holder, value: FilterValue): boolean {
  if (holder === 'unknown') return true;
  const { def } = (holder as z.$ZodTypes)._zod;
  if (def.type === 'transform') return true;
  if (def.type === 'pipe') return mayHold(def.out, value);
  try {
    return z.safeParse(holder, value).success;
  } catch {
    return true; // a check that takes its time
  }
}

/** The schema whose values another one lets through, as they are or changed in what does not matter here. */
function insideOf(schema: Schema): Schema | null {
  const { def } = (schema as z.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'nonoptional':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
      return def.innerType;
    case 'pipe':
      return def.out;
    case 'lazy':
      return def.getter();
    default:
      return null;
  }
}
