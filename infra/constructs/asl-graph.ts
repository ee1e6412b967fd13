/**
 * A rendered definition as a graph: states, the edges between them, the expressions in them.
 *
 * Boundary: JSON as CDK renders it, before tokens are resolved; judges nothing.
 */
import { expressionsIn } from './jsonata-source.ts';

export interface AslGraph {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, AslState>>;
}

/** The members of a state that its place in the graph depends on. */
export interface AslState {
  readonly Type: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Default?: string;
  readonly Assign?: Readonly<Record<string, unknown>>;
  readonly Choices?: readonly AslRule[];
  readonly Catch?: readonly AslRule[];
  readonly Items?: unknown;
  readonly Arguments?: unknown;
  readonly ItemProcessor?: AslGraph & { readonly ProcessorConfig?: { readonly Mode?: string } };
  readonly Branches?: readonly AslGraph[];
}

/** One rule of a Choice, or one Catch. */
interface AslRule {
  readonly Next: string;
  readonly ErrorEquals?: readonly string[];
  readonly Condition?: unknown;
  readonly Assign?: Readonly<Record<string, unknown>>;
}

interface Edge {
  readonly to: string;
  /** Variables that going this way sets. A caught step has no output. */
  readonly assigns: readonly string[];
}

export function edgesFrom(state: AslState): Edge[] {
  const { Next, Default, Assign, Choices = [], Catch = [] } = state;
  const own = Object.keys(Assign ?? {});
  return [
    ...(Next === undefined ? [] : [{ to: Next, assigns: own }]),
    ...(Default === undefined ? [] : [{ to: Default, assigns: own }]),
    ...[...Choices, ...Catch].map((rule) => ({
      to: rule.Next,
      assigns: Object.keys(rule.Assign ?? {}),
    })),
  ];
}

/** How the states inside another state are run. */
export type InnerKind = 'branch' | 'inline-map' | 'distributed-map';

export function graphsInside(state: AslState): { kind: InnerKind; graph: AslGraph }[] {
  const { ItemProcessor, Branches = [] } = state;
  const branches = Branches.map((graph) => ({ kind: 'branch' as const, graph }));
  if (!ItemProcessor) return branches;
  const distributed = ItemProcessor.ProcessorConfig?.Mode === 'DISTRIBUTED';
  return [{ kind: distributed ? 'distributed-map' : 'inline-map', graph: ItemProcessor }];
}

/** The agent that a state sends a task to; `null` for any other state. */
export const agentOf = (state: AslState): string | null => {
  const agent = member(member(member(state.Arguments, 'MessageBody'), 'step'), 'agent');
  return state.Type === 'Task' && typeof agent === 'string' ? agent : null;
};

/** What an agent step gives its agent, as the author wrote it; `undefined` for any other state. */
export const agentInput = (state: AslState): unknown =>
  agentOf(state) === null ? undefined : member(member(state.Arguments, 'MessageBody'), 'input');

/** A state without the states inside it. */
export function ownParts({ ItemProcessor, Branches, ...own }: AslState): object {
  return own;
}

/** The expressions that the author wrote: without those that an agent step generates, and without inner states. */
export const authorExpressions = (state: AslState): string[] =>
  expressionsIn(agentOf(state) === null ? ownParts(state) : [agentInput(state), state.Catch]);

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

/**
 * The states that can be reached without setting `variable`, each with a shortest way there.
 * A state that is missing comes surely after the variable was set.
 */
export function waysWithout(graph: AslGraph, variable: string): Map<string, readonly string[]> {
  return search(graph, graph.StartAt, ({ assigns }) => !assigns.includes(variable));
}

/** A shortest way from `name` back to itself; `null` when there is none. */
export function cycleThrough(graph: AslGraph, name: string): readonly string[] | null {
  for (const { to } of edgesFromName(graph, name)) {
    const way = search(graph, to, () => true).get(name);
    if (way) return [name, ...way];
  }
  return null;
}

/** Breadth first from `start`: every state that can be reached over the edges allowed, with the way to it. */
function search(
  graph: AslGraph,
  start: string,
  isAllowed: (edge: Edge) => boolean,
): Map<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>([[start, [start]]]);
  for (const [name, way] of ways) {
    for (const edge of edgesFromName(graph, name).filter(isAllowed)) {
      if (!ways.has(edge.to)) ways.set(edge.to, [...way, edge.to]);
    }
  }
  return ways;
}

const edgesFromName = (graph: AslGraph, name: string): Edge[] => {
  const state = graph.States[name];
  return state ? edgesFrom(state) : [];
};
