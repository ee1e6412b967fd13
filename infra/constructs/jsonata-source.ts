/**
 * Reads JSONata text: which variables and functions an expression refers to.
 *
 * Boundary: syntax only, by JSONata's own parser; nothing is evaluated. The library's version is
 * Step Functions' own, 2.0.6: a later one reads operators that Step Functions refuses.
 */
import jsonata from 'jsonata';

/** JSONata's own functions and those that Step Functions adds. A variable of such a name would hide it. */
export const JSONATA_FUNCTIONS: ReadonlySet<string> = new Set(
  `abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl decodeUrlComponent distinct
  each encodeUrl encodeUrlComponent error eval exists filter floor formatBase formatInteger
  formatNumber fromMillis hash join keys length lookup lowercase map match max merge millis min not
  now number pad parse parseInteger partition power random range reduce replace reverse round
  shuffle sift single sort split spread sqrt string substring substringAfter substringBefore sum
  toMillis trim type uppercase uuid zip`.split(/\s+/),
);

/** `$answer.citations[0].file` → variable `answer`, fields `['citations']`: as far as names alone lead. */
export interface Reference {
  readonly variable: string;
  readonly fields: readonly string[];
}

/** The text between `{%` and `%}`; `null` for a plain text. */
const expressionIn = (text: string): string | null =>
  /^\{%([\s\S]*)%\}$/.exec(text.trim())?.[1]?.trim() ?? null;

/** Every text inside `value` that Step Functions would evaluate, without its brackets. */
export function expressionsIn(value: unknown): string[] {
  if (typeof value === 'string') {
    const found = expressionIn(value);
    return found === null ? [] : [found];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(expressionsIn);
}

/**
 * What `source` refers to, without the variables that it binds itself. Functions count as variables.
 * @throws JSONata's syntax error
 */
export function referencesIn(source: string): Reference[] {
  const found: Reference[] = [];
  const bound = new Set<string>();
  visit(jsonata(source).ast(), found, bound);
  return found.filter(({ variable }) => !bound.has(variable));
}

interface Node {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly [key: string]: unknown;
}
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);
const isVariable = (node: unknown): node is Node & { readonly value: string } =>
  isNode(node) && node.type === 'variable' && typeof node.value === 'string' && node.value !== '';

function visit(node: unknown, found: Reference[], bound: Set<string>): void {
  if (!isNode(node)) return;
  for (const name of namesBoundBy(node)) bound.add(name);
  const steps = node.type === 'path' ? nodes(node.steps) : [];
  const [first] = steps;
  if (isVariable(first)) {
    found.push({ variable: first.value, fields: fieldsAfter(steps) });
    visitChildren(first, found, bound);
    for (const step of steps.slice(1)) visit(step, found, bound);
    visitChildren({ ...node, steps: undefined }, found, bound);
    return;
  }
  if (isVariable(node)) found.push({ variable: node.value, fields: [] });
  visitChildren(node, found, bound);
}

const visitChildren = (node: Node, found: Reference[], bound: Set<string>): void => {
  for (const child of Object.values(node)) visit(child, found, bound);
};

/** Names from the second step on, up to the first step that is filtered or computed. */
function fieldsAfter(steps: readonly Node[]): string[] {
  const fields: string[] = [];
  for (const [i, step] of steps.entries()) {
    if (i > 0) {
      if (step.type !== 'name' || typeof step.value !== 'string') break;
      fields.push(step.value);
    }
    if (step.stages !== undefined || step.predicate !== undefined) break;
  }
  return fields;
}

function namesBoundBy(node: Node): string[] {
  const named = [node.focus, node.index, node.type === 'index' ? node.value : undefined];
  const variables = [
    ...(node.type === 'bind' ? [node.lhs] : []),
    ...(node.type === 'lambda' ? nodes(node.arguments) : []),
  ];
  return [
    ...named.filter((name) => typeof name === 'string'),
    ...variables.filter(isVariable).map(({ value }) => value),
  ];
}
