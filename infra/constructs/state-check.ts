/**
 * What is wrong with one state, whatever comes before or after it: D4 to D7, D10 and D11 of
 * `definition-check.ts`.
 *
 * Boundary: a rendered state in, sentences out. Each says what was wrong and what to do.
 */
import { type AgentContract, agentSettings } from '#runtime/contracts/agent.ts';
import {
  type AslState,
  agentInput,
  agentOf,
  authorExpressions,
  edgesFrom,
  graphsInside,
  ownParts,
} from './asl-graph.ts';
import { isTooWide } from './catchable-errors.ts';
import {
  expressionsIn,
  JSONATA_FUNCTIONS,
  looksLikeExpression,
  type Reads,
  type Reference,
  readsIn,
} from './jsonata-source.ts';
import { waitContract } from './wait-contract.ts';

/** Contract of every declared step by name. */
export type Steps = ReadonlyMap<string, AgentContract>;

/** Step Functions' limit. */
const NAME_MAX_LENGTH = 80;

export const checkState = (name: string, state: AslState, steps: Steps): string[] => [
  ...checkName(name),
  ...checkQueryLanguage(name, state),
  ...checkBrackets(name, state),
  ...checkExpressions(name, state),
  ...checkAgentInput(name, state),
  ...checkBranching(name, state, steps),
  ...checkComputing(name, state, steps),
  ...checkVariables(name, state),
  ...checkCatches(name, state),
];

const checkName = (name: string): string[] =>
  name.length <= NAME_MAX_LENGTH
    ? []
    : [
        `state "${name}" has a name of ${name.length} characters; allowed: ${NAME_MAX_LENGTH}. Rename it.`,
      ];

/** Fields that only a state in the other query language has. */
const JSONPATH_FIELDS: ReadonlySet<string> = new Set([
  'InputPath',
  'Parameters',
  'ResultSelector',
  'ResultPath',
  'OutputPath',
  'Result',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'MaxConcurrencyPath',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentagePath',
  'ErrorPath',
  'CausePath',
]);

function checkQueryLanguage(name: string, state: AslState): string[] {
  // CDK renders what a state does not have as undefined.
  const found = Object.entries(state)
    .filter(([field, value]) => JSONPATH_FIELDS.has(field) && value !== undefined)
    .map(([field]) => field);
  return found.length === 0
    ? []
    : [
        `state "${name}" has ${found.join(', ')}, fields of JSONPath that a JSONata machine cannot have. ` +
          'Build it with the jsonata method of its class, as in Pass.jsonata(…).',
      ];
}

/** A text that opens or closes an expression is one, from its first character to its last. */
const checkBrackets = (name: string, state: AslState): string[] =>
  textsIn(ownParts(state))
    .filter((text) => looksLikeExpression(text) && !/^\{%[\s\S]*%\}$/.test(text))
    .map(
      (text) =>
        `state "${name}" has the text ${JSON.stringify(text)}, which Step Functions takes for a broken expression. ` +
        'Allowed: "{% … %}" without anything around it, or a text that neither starts with "{%" nor ends with "%}".',
    );

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function checkExpressions(name: string, state: AslState): string[] {
  return authorExpressions(state).flatMap((source) => {
    const parsed = parse(source);
    const expression = JSON.stringify(source);
    if (!parsed.ok) {
      return [
        `state "${name}" has the expression ${expression}, which is not JSONata 2.0.6, the version of Step Functions: ${parsed.problem}. Correct it.`,
      ];
    }
    return [
      ...parsed.reads.references.flatMap((reference) =>
        checkSteadiness(name, expression, reference),
      ),
      ...parsed.reads.rootless.map(
        (place) =>
          `state "${name}" reads ${place} in ${expression}, but an expression of Step Functions has no context at its top. ` +
          "Start at a variable: flow.input.… for the run's input, <step>.output.… for a step's.",
      ),
    ];
  });
}

const REPEATED = 'a repeat of the step would get another value and so another input';
const RESUMED = 'a resumed run has another one, and its steps would get another input';
const CREDENTIAL = 'it is a credential: whoever has it can answer in the place of the step';
const LACKING = 'Step Functions does not have it';

const UNSTEADY_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['random', REPEATED],
  ['shuffle', REPEATED],
  ['uuid', REPEATED],
  ['now', REPEATED],
  ['millis', REPEATED],
  ['eval', LACKING],
]);
/** Places in `$states` that are not the same whenever and whoever asks. */
const UNSTEADY_PLACES: readonly (readonly [place: readonly string[], because: string])[] = [
  [['context', 'State', 'RetryCount'], REPEATED],
  [['context', 'State', 'EnteredTime'], REPEATED],
  [['context', 'Execution', 'StartTime'], REPEATED],
  [['context', 'Execution', 'RedriveCount'], REPEATED],
  [['context', 'Execution', 'RedriveTime'], REPEATED],
  [['context', 'Execution', 'Id'], RESUMED],
  [['context', 'Execution', 'Name'], RESUMED],
  [['context', 'Task', 'Token'], CREDENTIAL],
];

function checkSteadiness(name: string, expression: string, reference: Reference): string[] {
  const because = unsteadiness(reference);
  return because === undefined
    ? []
    : [
        `state "${name}" reads ${spell(reference)} in ${expression}; ${because}. ` +
          'Allowed: the input of the run, outputs of steps, and pure functions of them. ' +
          'Take the value from the input, or let an agent decide it and read its output.',
      ];
}

/** Also of a whole object that has such a member. */
const unsteadiness = ({ variable, fields }: Reference): string | undefined =>
  variable === 'states'
    ? UNSTEADY_PLACES.find(([place]) =>
        place.every((part, i) => i >= fields.length || fields[i] === part),
      )?.[1]
    : UNSTEADY_FUNCTIONS.get(variable);

const checkAgentInput = (name: string, state: AslState): string[] =>
  expressionsIn(agentInput(state))
    .flatMap(referencesOf)
    .filter(
      ({ variable, fields: [field] }) =>
        variable === 'states' && (field === 'result' || field === 'errorOutput'),
    )
    .map(
      (reference) =>
        `step "${name}" reads ${spell(reference)} in its input, which is made before there is a result. ` +
        "Read an earlier step's output, or keep an error with addCatch(…, { assign: … }) and read that variable.",
    );

/** D11. What is branched over is D5's. */
function checkComputing(name: string, state: AslState, steps: Steps): string[] {
  const branching = new Set(expressionsIn([state.Items, state.Choices]));
  return authorExpressions(state)
    .filter((source) => !branching.has(source))
    .flatMap((source) => {
      const parsed = parse(source);
      return parsed.ok ? parsed.reads.computed : [];
    })
    .flatMap((reference) => refuseUnlessControl(name, 'computes with', reference, steps));
}

/** D5, and the rules that a JSONata Choice cannot have. */
function checkBranching(name: string, state: AslState, steps: Steps): string[] {
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

function checkControl(name: string, verb: string, value: unknown, steps: Steps): string[] {
  return expressionsIn(value)
    .flatMap(referencesOf)
    .flatMap((reference) => refuseUnlessControl(name, verb, reference, steps));
}

function refuseUnlessControl(
  name: string,
  verb: string,
  reference: Reference,
  steps: Steps,
): string[] {
  const contract = steps.get(reference.variable);
  // What an event or a person says travels as it is.
  if (!contract || contract === waitContract) return [];
  const { control } = agentSettings(contract);
  const [field] = reference.fields;
  if (field !== undefined && control.includes(field)) return [];
  return [
    `state "${name}" ${verb} ${spell(reference)}, which may be stored elsewhere when it is large. ` +
      `Allowed: fields that agent "${contract.name}" marks as control, now ${control.length > 0 ? control.join(', ') : 'none'}. ` +
      `Add ${field === undefined ? 'the field' : `"${field}"`} to \`control\` in its contract.`,
  ];
}

const checkVariables = (name: string, state: AslState): string[] =>
  variablesSetBy(state)
    .filter((variable) => variable === 'states' || JSONATA_FUNCTIONS.has(variable))
    .map(
      (variable) =>
        `state "${name}" sets $${variable}, which hides JSONata's own $${variable} from then on. Rename the variable.`,
    );

function checkCatches(name: string, state: AslState): string[] {
  if (!hasAgentInside(state)) return [];
  return (state.Catch ?? [])
    .flatMap(({ ErrorEquals = [] }) => ErrorEquals)
    .filter(isTooWide)
    .map(
      (error) =>
        `state "${name}" catches ${error} around agent steps, and with it the stop of the run. ` +
        'Catch at the steps inside, or name the errors.',
    );
}

const hasAgentInside = (state: AslState): boolean =>
  graphsInside(state).some(({ graph }) =>
    Object.values(graph.States).some((one) => agentOf(one) !== null || hasAgentInside(one)),
  );

/** Every variable that a state sets, on whichever way it is left. */
export const variablesSetBy = (state: AslState): string[] => [
  ...new Set([
    ...Object.keys(state.Assign ?? {}),
    ...edgesFrom(state).flatMap(({ assigns }) => assigns),
  ]),
];

/** Variables that the author's expressions of a state read; functions are none. */
export const variablesReadBy = (state: AslState): string[] => [
  ...new Set(
    authorExpressions(state)
      .flatMap(referencesOf)
      .map(({ variable }) => variable)
      .filter((variable) => variable !== 'states' && !JSONATA_FUNCTIONS.has(variable)),
  ),
];

const spell = ({ variable, fields }: Reference): string => `$${[variable, ...fields].join('.')}`;

type Parsed =
  | { readonly ok: true; readonly reads: Reads }
  | { readonly ok: false; readonly problem: string };

function parse(source: string): Parsed {
  try {
    return { ok: true, reads: readsIn(source) };
  } catch (error) {
    // The parser throws plain objects.
    const { message } = error as { readonly message?: string };
    return { ok: false, problem: message ?? JSON.stringify(error) };
  }
}

/** The references of an expression; none when it cannot be read, which is reported by itself. */
function referencesOf(source: string): readonly Reference[] {
  const parsed = parse(source);
  return parsed.ok ? parsed.reads.references : [];
}
