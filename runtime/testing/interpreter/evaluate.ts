import jsonata from 'jsonata';
import type { Template } from '../asl.ts';
import { STATES_FUNCTIONS } from './functions.ts';
import { StateError } from './state-error.ts';

/** Variables by name, and `states`. */
export type Bindings = Readonly<Record<string, unknown>>;

const compiled = new Map<string, jsonata.Expression>();

/**
 * The value of a template: every text `{% … %}` in it evaluated, everything else as it is.
 * @throws StateError `States.QueryEvaluationError` when an expression fails or finds nothing.
 */
export async function evaluate(template: Template, bindings: Bindings): Promise<unknown> {
  if (typeof template === 'string') {
    const source = /^\{%([\s\S]*)%\}$/.exec(template)?.[1];
    return source === undefined ? template : query(source.trim(), bindings);
  }
  if (typeof template !== 'object' || template === null) return template;
  const entries: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(template)) {
    entries.push([key, await evaluate(inner, bindings)]);
  }
  return Array.isArray(template) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

/** As `evaluate`, for a place where only an object may stand. */
export async function evaluateAll(
  templates: Readonly<Record<string, Template>>,
  bindings: Bindings,
): Promise<Readonly<Record<string, unknown>>> {
  const values: Record<string, unknown> = {};
  for (const [name, template] of Object.entries(templates)) {
    values[name] = await evaluate(template, bindings);
  }
  return values;
}

async function query(source: string, bindings: Bindings): Promise<unknown> {
  const result = await run(source, bindings);
  if (result === undefined || isFunction(result)) throw queryError(source, 'it has no value');
  // JSONata marks its lists with members of their own; what travels is JSON.
  return JSON.parse(JSON.stringify(result));
}

/** JSONata's own functions and an expression's lambdas are objects with these marks. */
const isFunction = (result: unknown): boolean =>
  typeof result === 'function' ||
  (typeof result === 'object' &&
    result !== null &&
    ('_jsonata_function' in result || '_jsonata_lambda' in result));

async function run(source: string, bindings: Bindings): Promise<unknown> {
  try {
    const expression = compiled.get(source) ?? jsonata(source);
    compiled.set(source, expression);
    return await expression.evaluate(undefined, { ...STATES_FUNCTIONS, ...bindings });
  } catch (error) {
    // JSONata throws plain objects.
    const { message } = error as { readonly message?: string };
    throw queryError(source, message ?? JSON.stringify(error));
  }
}

const queryError = (source: string, problem: string): StateError =>
  new StateError(
    'States.QueryEvaluationError',
    `the expression ${JSON.stringify(source)}: ${problem}`,
  );
