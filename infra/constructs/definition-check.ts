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
 * D4. Time, randomness or retry count in an expression: a repeat of the step would carry another input.
 * D5. A Choice, or the items of a Map, over an output field that may be replaced by a claim check.
 * D6. A variable that hides a JSONata function.
 * D7. What Step Functions itself would refuse only at deployment: syntax, rules without a condition.
 * D8. A step that nothing leads to; a run that ends with a step, whose state output is empty.
 */
import { type AgentContract, agentSettings } from '#runtime/contracts/agent.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import {
  type AslGraph,
  type AslState,
  agentOf,
  authorExpressions,
  cycleThrough,
  edgesFrom,
  graphsInside,
  type InnerKind,
  waysWithout,
} from './asl-graph.ts';
import {
  expressionsIn,
  JSONATA_FUNCTIONS,
  type Reference,
  referencesIn,
} from './jsonata-source.ts';

export interface Definition {
  readonly workflow: string;
  readonly graph: AslGraph;
  /** Contract of every declared step by name. */
  readonly steps: ReadonlyMap<string, AgentContract>;
}

/** @throws DefinitionError naming each state that is wrong and what to do about it. */
export function checkDefinition({ workflow, graph, steps }: Definition): void {
  const found = scopesOf(graph);
  const problems = [
    ...found.flatMap((scope) => checkScope(scope, steps)),
    ...checkReads(graph, new Set(), steps),
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

const checkScope = ({ graph, map }: Scope, steps: Definition['steps']): string[] => [
  ...checkCycles(graph),
  ...Object.entries(graph.States).flatMap(([name, state]) => [
    ...checkMap(name, state, map),
    ...checkExpressions(name, state),
    ...checkBranching(name, state, steps),
    ...checkVariables(name, state),
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

const VOLATILE_FUNCTIONS: ReadonlySet<string> = new Set([
  'random',
  'shuffle',
  'uuid',
  'now',
  'millis',
]);
/** Places in `$states` whose value differs between an attempt and its repetition. */
const VOLATILE_PLACES = [
  ['context', 'State', 'RetryCount'],
  ['context', 'State', 'EnteredTime'],
  ['context', 'Execution', 'StartTime'],
  ['context', 'Execution', 'RedriveCount'],
  ['context', 'Execution', 'RedriveTime'],
] as const;

function checkExpressions(name: string, state: AslState): string[] {
  return authorExpressions(state).flatMap((source) => {
    const references = parse(source);
    if (!references.ok) {
      return [
        `state "${name}" has the expression ${JSON.stringify(source)}, which is not JSONata 2.0.6, the version of Step Functions: ${references.problem}. Correct it.`,
      ];
    }
    return references.value
      .filter(isVolatile)
      .map(
        (reference) =>
          `state "${name}" reads ${spell(reference)} in ${JSON.stringify(source)}; a repeat of the step would get another value and ` +
          'so another input. Allowed: the input of the run, outputs of steps, and pure functions of them. ' +
          'Take the value from the input, or let an agent decide it and read its output.',
      );
  });
}

/** Also true for a whole object that has a volatile member. */
const isVolatile = ({ variable, fields }: Reference): boolean =>
  VOLATILE_FUNCTIONS.has(variable) ||
  (variable === 'states' &&
    VOLATILE_PLACES.some((place) =>
      place.every((part, i) => i >= fields.length || fields[i] === part),
    ));

/** D5, and the rules that a JSONata Choice cannot have. */
function checkBranching(name: string, state: AslState, steps: Definition['steps']): string[] {
  if (state.Type === 'Map') return checkControl(name, 'takes its items from', state.Items, steps);
  if (state.Type !== 'Choice') return [];
  return (state.Choices ?? []).flatMap((rule) =>
    typeof rule.Condition === 'string'
      ? checkControl(name, 'branches over', rule.Condition, steps)
      : [
          `Choice "${name}" has a rule without a JSONata condition. Build it with is.…, or combine tests in one: ` +
            'is.true(jsonata<boolean>`$a and $b`).',
        ],
  );
}

function checkControl(
  name: string,
  verb: string,
  value: unknown,
  steps: Definition['steps'],
): string[] {
  return expressionsIn(value)
    .flatMap(readable)
    .flatMap((reference) => {
      const contract = steps.get(reference.variable);
      if (!contract) return [];
      const { control } = agentSettings(contract);
      const [field] = reference.fields;
      if (field !== undefined && control.includes(field)) return [];
      return [
        `state "${name}" ${verb} ${spell(reference)}, which may be stored elsewhere when it is large. ` +
          `Allowed: fields that agent "${contract.name}" marks as control, now ${control.length > 0 ? control.join(', ') : 'none'}. ` +
          `Add ${field === undefined ? 'the field' : `"${field}"`} to \`control\` in its contract.`,
      ];
    });
}

function checkVariables(name: string, state: AslState): string[] {
  const set = new Set([
    ...Object.keys(state.Assign ?? {}),
    ...edgesFrom(state).flatMap(({ assigns }) => assigns),
  ]);
  return [...set]
    .filter((variable) => variable === 'states' || JSONATA_FUNCTIONS.has(variable))
    .map(
      (variable) =>
        `state "${name}" sets $${variable}, which hides JSONata's own $${variable} from then on. Rename the variable.`,
    );
}

/**
 * D3. `known` are the variables that are surely set when the graph is entered; what a graph sets
 * ends with it, except for the outermost.
 */
function checkReads(
  graph: AslGraph,
  known: ReadonlySet<string>,
  steps: Definition['steps'],
): string[] {
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

function variablesReadBy(state: AslState): string[] {
  const names = authorExpressions(state)
    .flatMap((source) => readable(source))
    .map(({ variable }) => variable)
    .filter((variable) => variable !== 'states' && !JSONATA_FUNCTIONS.has(variable));
  return [...new Set(names)];
}

function describeUnset(
  state: string,
  variable: string,
  way: readonly string[],
  steps: Definition['steps'],
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

function checkReached(scopes: readonly Scope[], steps: Definition['steps']): string[] {
  const reached = new Set(scopes.flatMap(({ graph }) => Object.keys(graph.States)));
  return [...steps.keys()]
    .filter((step) => !reached.has(step))
    .map(
      (step) =>
        `step "${step}" is declared, but nothing leads to it. Chain it with .next(…), .when(…) or addCatch(…), or remove it.`,
    );
}

const spell = ({ variable, fields }: Reference): string => `$${[variable, ...fields].join('.')}`;

type Parsed =
  | { readonly ok: true; readonly value: readonly Reference[] }
  | { readonly ok: false; readonly problem: string };

function parse(source: string): Parsed {
  try {
    return { ok: true, value: referencesIn(source) };
  } catch (error) {
    // The parser throws plain objects.
    const { message } = error as { readonly message?: string };
    return { ok: false, problem: message ?? JSON.stringify(error) };
  }
}

/** The references of an expression; none when it cannot be read, which is reported by itself. */
function readable(source: string): readonly Reference[] {
  const parsed = parse(source);
  return parsed.ok ? parsed.value : [];
}
