/**
 * Refuses, at synth, definitions that could not keep the runtime's promises.
 *
 * Job: walk the rendered states once the chain is complete, and name every state that is wrong.
 * Boundary: JSON in, DefinitionError out; builds nothing.
 *
 * Refused
 * D1. A cycle through an agent step: a later turn would meet the recorded outcome of an earlier one.
 * D2. An agent step inside a Map: all items would share its path.
 * D3. Reading what is not set on every way to the state; a caught step has no output.
 * D4. What is not the same for a repeat of the step or a resumed run: time, randomness, the retry
 *     count, the execution's name; and the task token, which is a credential.
 * D5. A Choice, or the items of a Map, over an output field that may be replaced by a claim check.
 * D6. A variable that hides a JSONata function.
 * D7. What Step Functions itself would refuse only at deployment or fail at run time: syntax, names
 *     without a context, rules without a condition, JSONPath fields, half brackets, long names.
 * D8. A step that nothing leads to; a run that ends with a step, whose state output is empty.
 * D9. A variable of an inner scope with the name of an outer one.
 * D10. A Catch around agent steps that would hold the stop of the run.
 * D11. Looking into an output field that may be replaced, or computing with it: there would be a
 *     reference. Handing the field on as it is, is what references are for.
 * D4 to D7, D10 and D11 concern one state and are in `state-check.ts`.
 */
import { DefinitionError } from '#runtime/contracts/errors.ts';
import {
  type AslGraph,
  type AslState,
  agentOf,
  cycleThrough,
  edgesFrom,
  graphsInside,
  type InnerKind,
  waysWithout,
} from './asl-graph.ts';
import { checkState, type Steps, variablesReadBy, variablesSetBy } from './state-check.ts';

export interface Definition {
  readonly workflow: string;
  readonly graph: AslGraph;
  readonly steps: Steps;
}

/** @throws DefinitionError naming each state that is wrong and what to do about it. */
export function checkDefinition({ workflow, graph, steps }: Definition): void {
  const found = scopesOf(graph);
  const problems = [
    ...found.flatMap((scope) => checkScope(scope, steps)),
    ...checkReads(graph, new Set(), steps),
    ...checkNesting(graph, new Set()),
    ...checkEnds(graph),
    ...checkReached(found, steps),
  ];
  if (problems.length === 0) return;
  throw new DefinitionError(
    `workflow "${workflow}" cannot work as defined:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
  );
}

interface Scope {
  readonly graph: AslGraph;
  /** The Map around it, however far out. */
  readonly map?: { readonly name: string; readonly kind: InnerKind };
}

/** The graph itself and every graph inside its states. */
function scopesOf(graph: AslGraph, map?: Scope['map']): Scope[] {
  const inner = Object.entries(graph.States).flatMap(([name, state]) =>
    graphsInside(state).flatMap(({ kind, graph: inside }) =>
      scopesOf(inside, kind === 'branch' ? map : { name, kind }),
    ),
  );
  return [map ? { graph, map } : { graph }, ...inner];
}

const checkScope = ({ graph, map }: Scope, steps: Steps): string[] => [
  ...checkCycles(graph),
  ...Object.entries(graph.States).flatMap(([name, state]) => [
    ...checkMap(name, state, map),
    ...checkState(name, state, steps),
  ]),
];

function checkCycles(graph: AslGraph): string[] {
  const reported = new Set<string>();
  return Object.entries(graph.States).flatMap(([name, state]) => {
    if (agentOf(state) === null || reported.has(name)) return [];
    const cycle = cycleThrough(graph, name);
    if (!cycle) return [];
    for (const member of cycle) reported.add(member);
    return [
      `the states ${cycle.join(' → ')} are a cycle through the agent step "${name}", whose second turn would be ` +
        "answered with the first turn's recorded outcome. Write the turns as steps of their own names.",
    ];
  });
}

const checkMap = (name: string, state: AslState, map: Scope['map']): string[] =>
  agentOf(state) === null || !map
    ? []
    : [
        `agent step "${name}" is inside the ${map.kind === 'distributed-map' ? 'distributed Map' : 'Map'} "${map.name}", ` +
          'where all items would share its path and the first recorded outcome. ' +
          'Give the agent the whole list as its input, or declare one step per item.',
      ];

/**
 * D3. `known` are the variables that are surely set when the graph is entered; what a graph sets
 * ends with it, except for the outermost.
 */
function checkReads(graph: AslGraph, known: ReadonlySet<string>, steps: Steps): string[] {
  const states = Object.entries(graph.States);
  const assigned = states.flatMap(([, state]) =>
    edgesFrom(state).flatMap(({ assigns }) => assigns),
  );
  const wayWithout = (variable: string, to: string): readonly string[] | undefined =>
    known.has(variable) ? undefined : waysWithout(graph, variable).get(to);
  return states.flatMap(([name, state]) => [
    ...variablesReadBy(state).flatMap((variable) => {
      const way = wayWithout(variable, name);
      return way ? [describeUnset(name, variable, way, steps)] : [];
    }),
    ...graphsInside(state).flatMap(({ kind, graph: inner }) => {
      const surelySet = assigned.filter((variable) => !wayWithout(variable, name));
      // The items of a distributed Map are executions of their own and see no variable.
      const inside = kind === 'distributed-map' ? [] : [...known, ...surelySet];
      return checkReads(inner, new Set(inside), steps);
    }),
  ]);
}

/** D9: Step Functions keeps the variables of nested scopes apart by their names. */
function checkNesting(graph: AslGraph, outer: ReadonlySet<string>): string[] {
  const states = Object.entries(graph.States);
  const here = new Set([...outer, ...states.flatMap(([, state]) => variablesSetBy(state))]);
  return states.flatMap(([name, state]) => [
    ...variablesSetBy(state)
      .filter((variable) => outer.has(variable))
      .map(
        (variable) =>
          `state "${name}" sets $${variable}, which is set outside of the branch or Map that it is in as well. Rename one of the two variables.`,
      ),
    ...graphsInside(state).flatMap(({ graph: inside }) => checkNesting(inside, here)),
  ]);
}

function describeUnset(
  state: string,
  variable: string,
  way: readonly string[],
  steps: Steps,
): string {
  const path = way.join(' → ');
  return steps.has(variable)
    ? `state "${state}" reads the output of step "${variable}", which has none on the way ${path}. ` +
        'Read it only where the step has surely succeeded, or set it on that way: ' +
        `addCatch(…, { assign: { ${variable}: … } }).`
    : `state "${state}" reads $${variable}, which nothing sets on the way ${path}. ` +
        `Steps of this workflow: ${[...steps.keys()].join(', ')}.`;
}

const checkEnds = (graph: AslGraph): string[] =>
  Object.entries(graph.States)
    .filter(([, state]) => state.End === true && agentOf(state) !== null)
    .map(
      ([name]) =>
        `the run ends with step "${name}", so its output would be empty. End it with .next(flow.done(…)).`,
    );

function checkReached(scopes: readonly Scope[], steps: Steps): string[] {
  const reached = new Set(scopes.flatMap(({ graph }) => Object.keys(graph.States)));
  return [...steps.keys()]
    .filter((step) => !reached.has(step))
    .map(
      (step) =>
        `step "${step}" is declared, but nothing leads to it. Chain it with .next(…), .when(…) or addCatch(…), or remove it.`,
    );
}
