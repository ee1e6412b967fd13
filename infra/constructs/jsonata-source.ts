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

/** Whether Step Functions takes a text for an expression, be it a broken one. */
export const looksLikeExpression = (text: string): boolean => /^\s*\{%|%\}\s*$/.test(text);

/** Every text inside `value` that Step Functions would evaluate, without its brackets. */
export function expressionsIn(value: unknown): string[] {
  if (typeof value === 'string') {
    const found = expressionIn(value);
    return found === null ? [] : [found];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(expressionsIn);
}

/** What an expression reads from outside of itself. */
export interface Reads {
  /** Variables that it has not bound where it reads them. Functions count as variables. */
  readonly references: readonly Reference[];
  /** Those whose value it looks into or computes with; it hands on the others as they are. */
  readonly computed: readonly Reference[];
  /** Names and `$` where nothing is the context (`query`, `$.query`), and `$$` anywhere. */
  readonly rootless: readonly string[];
}

/** @throws JSONata's syntax error */
export function readsIn(source: string): Reads {
  const ast = jsonata(source).ast();
  return { ...foundIn(ast), computed: foundIn(withoutHandedOn(ast)).references };
}

function foundIn(ast: unknown): Found {
  const found: Found = { references: [], rootless: [] };
  visit(ast, { bound: new Set(), later: new Set(), hasContext: false }, found);
  return found;
}

interface Found {
  readonly references: Reference[];
  readonly rootless: string[];
}

interface Scope {
  /** Variables that are bound by now; a block's grow from expression to expression. */
  readonly bound: Set<string>;
  /** Variables that the blocks around bind at any time: a function meets them when it is called. */
  readonly later: ReadonlySet<string>;
  /** Whether `$` and plain names have something to refer to: inside a path, not at the top. */
  readonly hasContext: boolean;
}
const inner = (scope: Scope): Scope => ({ ...scope, bound: new Set(scope.bound) });
const withContext = (scope: Scope): Scope => ({ ...scope, hasContext: true });

interface Node {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly [key: string]: unknown;
}
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);
const texts = (values: readonly unknown[]): string[] =>
  values.filter((value) => typeof value === 'string');

function visit(node: unknown, scope: Scope, found: Found): void {
  if (!isNode(node)) return;
  if (node.type === 'path') {
    visitPath(node, inner(scope), found);
  } else if (node.type === 'bind') {
    visit(node.rhs, scope, found);
    for (const name of namesOf([node.lhs])) scope.bound.add(name);
  } else {
    visitStep(node, bindsItems(node) ? inner(scope) : scope, [], found);
  }
}

function visitPath(node: Node, scope: Scope, found: Found): void {
  const steps = nodes(node.steps);
  for (const [i, step] of steps.entries()) {
    if (i === 0) visitStep(step, scope, fieldsAfter(steps), found);
    else visitStep(step, withContext(scope), [], found);
  }
  visitAll([node.group], withContext(scope), found);
}

/** @param fields the names after it, where it begins a path */
function visitStep(node: Node, scope: Scope, fields: readonly string[], found: Found): void {
  const { predicate, stages, group, ...own } = node;
  switch (node.type) {
    case 'variable':
      readVariable(String(node.value), scope, fields, found);
      break;
    case 'name':
    case 'wildcard':
    case 'descendant':
      if (!scope.hasContext) found.rootless.push([node.value, ...fields].join('.'));
      break;
    case 'block':
      visitBlock(nodes(node.expressions), scope, found);
      break;
    case 'lambda':
      visit(node.body, lambdaScope(node, scope), found);
      break;
    case 'path':
    case 'bind':
      visit(node, scope, found);
      return;
    default:
      visitAll(Object.values(own), node.type === 'transform' ? withContext(scope) : scope, found);
  }
  for (const name of itemNames(node)) scope.bound.add(name);
  visitAll([predicate, stages, group], withContext(scope), found);
}

const visitAll = (children: readonly unknown[], scope: Scope, found: Found): void => {
  for (const child of children) visit(child, scope, found);
};

function readVariable(name: string, scope: Scope, fields: readonly string[], found: Found): void {
  // `$` has an empty name, `$$` the name `$`.
  if (name === '$' || (name === '' && !scope.hasContext)) {
    found.rootless.push([`$${name}`, ...fields].join('.'));
  } else if (name !== '' && !scope.bound.has(name)) {
    found.references.push({ variable: name, fields });
  }
}

function visitBlock(expressions: readonly Node[], outer: Scope, found: Found): void {
  const later = new Set([...outer.later, ...expressions.flatMap(bindsIn)]);
  visitAll(expressions, { ...inner(outer), later }, found);
}

const lambdaScope = (lambda: Node, { bound, later, hasContext }: Scope): Scope => ({
  bound: new Set([...bound, ...later, ...namesOf(nodes(lambda.arguments))]),
  later,
  hasContext,
});

/** What a block's expression binds in the block's own scope. */
function bindsIn(node: Node): string[] {
  if (node.type === 'block' || node.type === 'lambda') return [];
  const own = node.type === 'bind' ? namesOf([node.lhs]) : [];
  return [...own, ...Object.values(node).filter(isNode).flatMap(bindsIn)];
}

/** The expression without the places that it hands on as they are: what is left of them is only whether they exist. */
function withoutHandedOn(node: unknown): unknown {
  if (!isNode(node)) return node;
  if (isPlace(node)) return NOTHING;
  switch (node.type) {
    case 'block': {
      const [only, ...more] = nodes(node.expressions);
      return more.length > 0 ? node : { ...node, expressions: [withoutHandedOn(only)] };
    }
    case 'condition':
      return {
        test: asksForExistence(node.condition) ? NOTHING : node.condition,
        ways: [node.then, node.else].map(withoutHandedOn),
      };
    case 'unary': {
      // An object with its members; a list may flatten what it is made of.
      if (node.value !== '{') return node;
      return nodes(node.lhs).map((member) => {
        const [key, value] = nodes(member);
        return [key, withoutHandedOn(value)];
      });
    }
    default:
      return node;
  }
}

const NOTHING: Node = { type: 'value', value: null };

/** `$answer`, `$answer.text`: a variable, or a field of one. */
function isPlace(node: Node): boolean {
  if (node.type === 'variable') return isPlain(node);
  const [variable, field, ...deeper] = node.type === 'path' ? nodes(node.steps) : [];
  return (
    variable?.type === 'variable' &&
    isPlain(variable) &&
    (field === undefined || (field.type === 'name' && isPlain(field))) &&
    deeper.length === 0 &&
    isPlain(node)
  );
}

const isPlain = ({ predicate, stages, group, keepSingletonArray }: Node): boolean =>
  [predicate, stages, group, keepSingletonArray].every((part) => part === undefined);

const asksForExistence = (node: unknown): boolean =>
  isNode(node) &&
  node.type === 'function' &&
  isNode(node.procedure) &&
  node.procedure.value === 'exists' &&
  nodes(node.arguments).every(isPlace);

const namesOf = (variables: readonly unknown[]): string[] =>
  texts(variables.filter(isNode).map(({ value }) => value));

/** The variables that hold a path's items (`@$item`) and their positions (`#$i`). */
const itemNames = ({ focus, index, stages }: Node): string[] =>
  texts([
    focus,
    index,
    ...nodes(stages)
      .filter(({ type }) => type === 'index')
      .map(({ value }) => value),
  ]);
const bindsItems = (node: Node): boolean => itemNames(node).length > 0;

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
