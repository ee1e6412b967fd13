/**
 * Typed JSONata: what a workflow author writes instead of paths.
 *
 * Job: references to the run's data that carry their type, and their rendering to the `{% … %}` of
 * a state machine definition. Boundary: text and types only; nothing is evaluated here.
 *
 * Invariants
 * X1. What renders has the type that it claims: the type system sees every literal and every reference.
 * X2. A reference that may be missing at run time is not a value: Step Functions fails a state whose
 *     expression finds nothing, so `orElse` has to say what stands in for it.
 * X3. A reference used outside of `render` (spread, printed, serialised) throws at once, it never
 *     turns into an empty object inside a definition.
 */
import { Condition } from 'aws-cdk-lib/aws-stepfunctions';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { looksLikeExpression } from './jsonata-source.ts';

declare const type: unique symbol;
const SOURCE: unique symbol = Symbol('signalbox.jsonata');

/** A piece of JSONata whose value has the type T. */
export interface Expression<T> {
  readonly [type]: () => T;
  readonly [SOURCE]: string;
}

type Scalar = string | number | boolean | null;
type Absent<T> = null extends T ? undefined : undefined extends T ? undefined : never;

/** A typed place in the run's data: workflow input, a step's output. Its fields are places too. */
export type Ref<T> = Expression<T> &
  (NonNullable<T> extends readonly unknown[]
    ? unknown
    : NonNullable<T> extends object
      ? { readonly [K in keyof NonNullable<T>]-?: Ref<NonNullable<T>[K] | Absent<T>> }
      : unknown);

type Literal<T> = unknown extends T
  ? unknown
  : T extends Scalar | undefined
    ? T
    : T extends readonly (infer E)[]
      ? readonly Value<E>[]
      : { readonly [K in keyof T]: Value<T[K]> };

/** Something whose value at run time has the type T: a literal, an expression, or an object or array of both. */
export type Value<T> = Expression<Exclude<T, undefined>> | Literal<T>;

/** What can stand inside JSONata text: an expression, or a literal made of JSON. */
type Operand = Expression<unknown> | Scalar | readonly Scalar[];

/**
 * The place `source` in the run's data. For builders of flows; authors get their references from
 * `flow.input` and `step.output`.
 */
export function ref<T>(source: string): Ref<T> {
  const misuse = (): never => {
    throw new DefinitionError(
      `"${source}" is a reference: its value exists only while a run is under way. ` +
        'Pass the reference itself, name the fields that you need one by one, or use it inside jsonata`…`. ' +
        'In a plain Step Functions state wrap the value: outputs: render({ … }).',
    );
  };
  const place = new Proxy(
    { [SOURCE]: source },
    {
      get: (_target, key) => {
        if (key === SOURCE) return source;
        if (key === Symbol.toPrimitive) return misuse;
        return typeof key === 'symbol' ? undefined : ref(`${source}.${fieldName(key)}`);
      },
      has: (_target, key) => key === SOURCE,
      ownKeys: misuse,
    },
  );
  return place as unknown as Ref<T>;
}

function fieldName(key: string): string {
  if (/^[A-Za-z_]\w*$/.test(key) && !KEYWORDS.has(key)) return key;
  if (!key.includes('`')) return `\`${key}\``;
  throw new DefinitionError(
    `field ${JSON.stringify(key)} has a backtick in its name, which JSONata cannot address; ` +
      'rename the field in the contract.',
  );
}

/** Words that JSONata reads as operators or values where a field name may stand. */
const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'in', 'true', 'false', 'null']);

const expression = <T>(source: string): Expression<T> => ref<T>(source);

const isExpression = (value: unknown): value is Expression<unknown> =>
  typeof value === 'object' && value !== null && SOURCE in value;

const sourceOf = (operand: Operand): string =>
  isExpression(operand) ? operand[SOURCE] : JSON.stringify(operand);

/**
 * The escape hatch: any JSONata, its type declared by the author, references and literals interpolated.
 * Backslashes reach JSONata as written, so patterns need no doubling.
 * @example jsonata<number>`$count(${retrieve.output.passages})`
 */
export const jsonata = <T>(text: TemplateStringsArray, ...operands: readonly Operand[]) =>
  expression<T>(
    `(${text.raw
      .map((part) => part.replace(/\\(`|\$\{)/g, '$1'))
      .reduce((soFar, part, i) => `${soFar}${sourceOf(operands[i - 1] ?? null)}${part}`)})`,
  );

/**
 * A value as a state machine definition spells it: every expression becomes `{% … %}`.
 * @throws DefinitionError naming the place of a value that is no JSON, or of a text that Step
 * Functions would take for an expression.
 */
export const render = (value: unknown): unknown => renderAt('', value);

function renderAt(place: string, value: unknown): unknown {
  if (isExpression(value)) return `{% ${value[SOURCE]} %}`;
  if (Array.isArray(value)) return value.map((item, i) => renderAt(`${place}[${i}]`, item));
  if (isPlainObject(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .map(([key, inner]) => [key, renderAt(place === '' ? key : `${place}.${key}`, inner)]),
    );
  }
  if (typeof value === 'string') return checkedText(place, value);
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return value;
  if (value === undefined && place === '') return value;
  throw new DefinitionError(
    `${spellPlace(place)} is ${describe(value)}, which JSON does not have. Allowed: texts, finite numbers, ` +
      'true, false, null, lists and plain objects of them, and references. Write a date as a text: date.toISOString().',
  );
}

/** Not an instance of a class: of those JSON keeps at most a part. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function checkedText(place: string, text: string): string {
  if (!looksLikeExpression(text)) return text;
  throw new DefinitionError(
    `${spellPlace(place)} is the text ${JSON.stringify(text)}: what starts with "{%" or ends with "%}" ` +
      'Step Functions takes for an expression. Use jsonata`…` for one; a literal text must start and end otherwise.',
  );
}

const spellPlace = (place: string): string => (place === '' ? 'the value' : `"${place}"`);

const describe = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `a ${value.constructor.name}`
    : `${String(value)} (${typeof value})`;

/** The negation of an expression. */
export const not = (value: Expression<boolean>): Expression<boolean> =>
  expression(`$not(${sourceOf(value)})`);

/** `fallback` where `value` is missing at run time. A `null` is not missing. */
export const orElse = <T>(
  value: Expression<T>,
  fallback: Expression<Exclude<NoInfer<T>, undefined>> | Extract<NoInfer<T>, Scalar>,
): Expression<Exclude<T, undefined>> => {
  const source = sourceOf(value);
  return expression(`($exists(${source}) ? ${source} : ${sourceOf(fallback)})`);
};

const condition = (source: string): Condition => Condition.jsonata(`{% ${source} %}`);
type Comparable<T> = Expression<T> | Extract<T, Scalar>;

/** Conditions for `Choice.jsonata(…).when`. */
export const is = {
  equal: <T>(a: Expression<T>, b: Comparable<NoInfer<T>>): Condition =>
    condition(`${sourceOf(a)} = ${sourceOf(b)}`),
  oneOf: <T>(a: Expression<T>, allowed: readonly Extract<NoInfer<T>, Scalar>[]): Condition =>
    condition(`${sourceOf(a)} in ${sourceOf(allowed)}`),
  atLeast: (a: Expression<number>, b: Comparable<number>): Condition =>
    condition(`${sourceOf(a)} >= ${sourceOf(b)}`),
  below: (a: Expression<number>, b: Comparable<number>): Condition =>
    condition(`${sourceOf(a)} < ${sourceOf(b)}`),
  true: (a: Expression<boolean>): Condition => condition(sourceOf(a)),
  false: (a: Expression<boolean>): Condition => condition(`$not(${sourceOf(a)})`),
  present: (a: Expression<unknown>): Condition => condition(`$exists(${sourceOf(a)})`),
  empty: (a: Expression<readonly unknown[]>): Condition => condition(`$count(${sourceOf(a)}) = 0`),
};
