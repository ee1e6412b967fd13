/**
 * Refuses, at synth, subscriptions that could not keep what they promise.
 *
 * Job: look at the contract and all rules together, and name every rule that is wrong.
 * Boundary: contracts and rules in, DefinitionError out; builds nothing. Mistakes that the types catch are
 * refused here once more, for authors who do without them.
 *
 * Refused
 * U1. An event type that the contract does not declare: in a rule, in `previous`, among what an agent emits.
 * U2. An event that an agent declares with another schema: who reacts to it would get other data.
 * U3. A filter that no data of the type can meet.
 * U4. Two rules of one name: their reactions would share paths.
 * U5. A name that cannot begin a path.
 * U6. A circle of rules without a hop budget: it would go round until the run is full.
 * U7. An event to complete on that nobody emits.
 * U8. A field of `previous` that the event's data have themselves.
 * U9. No rule, a join of nothing, a join without end.
 */
import type { AgentContract } from '#runtime/contracts/agent.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { STEP_NAME } from '#runtime/contracts/step-path.ts';
import type { SubscriptionRule, SubscriptionsContract } from '#runtime/contracts/subscriptions.ts';
import { fieldNames, neverMet } from './event-filter.ts';

/** A rule and who reacts by it. */
export interface DeclaredRule {
  readonly rule: SubscriptionRule;
  readonly agent: AgentContract;
}

/** Of a rule's name: a path has room for it and for the number of the reaction. */
const NAME_MAX_LENGTH = 80;
/** A year, as the longest deadline is. */
const TIMEOUT_MAX_SECONDS = 31_536_000;

/** @throws DefinitionError naming each rule that is wrong and what to do about it. */
export function checkSubscriptions(
  contract: SubscriptionsContract,
  declared: readonly DeclaredRule[],
): void {
  const problems = [
    ...(declared.length === 0
      ? ['there is no rule: nothing would ever happen. Add one with on().']
      : []),
    ...declared.flatMap((one) => [
      ...checkName(one),
      ...checkTypes(contract, one),
      ...checkRule(contract, one),
    ]),
    ...checkNames(declared),
    ...checkEmitted(contract, declared),
    ...checkCompletion(contract, declared),
    ...checkCircles(contract, declared),
  ];
  if (problems.length === 0) return;
  throw new DefinitionError(
    `subscriptions "${contract.name}" cannot work as declared:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
  );
}

function checkName({ rule: { name } }: DeclaredRule): string[] {
  if (STEP_NAME.test(name) && name.length <= NAME_MAX_LENGTH) return [];
  return [
    `rule "${name}" has a name that cannot begin a path; allowed: ${STEP_NAME.source}, at most ${NAME_MAX_LENGTH} characters.`,
  ];
}

function checkNames(declared: readonly DeclaredRule[]): string[] {
  const names = declared.map(({ rule }) => rule.name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  return [...new Set(twice)].map(
    (name) =>
      `rule "${name}" is declared ${names.filter((one) => one === name).length} times, and its reactions are addressed by its name. Give the others names of their own: { name: '…' }.`,
  );
}

const knownIn = ({ events }: SubscriptionsContract): string =>
  `its events: ${Object.keys(events).join(', ') || 'none'}`;

function checkTypes(contract: SubscriptionsContract, { rule }: DeclaredRule): string[] {
  const unknown = typesOf(rule).filter((type) => !Object.hasOwn(contract.events, type));
  return [...new Set(unknown)].map(
    (type) =>
      `rule "${rule.name}" names the event "${type}", which the contract does not declare; ${knownIn(contract)}. Correct the type, or declare the event.`,
  );
}

/** All types that a rule names. */
const typesOf = (rule: SubscriptionRule): string[] =>
  rule.kind === 'join' ? Object.values(rule.types) : [rule.type, ...Object.values(rule.previous)];

function checkRule({ events }: SubscriptionsContract, { rule }: DeclaredRule): string[] {
  if (rule.kind === 'join') return checkJoin(rule);
  const schema = events[rule.type];
  if (!schema) return [];
  const never = neverMet(schema, rule.where);
  const fields = fieldNames(schema);
  return [
    ...(never === null
      ? []
      : [
          `rule "${rule.name}" has a filter that no "${rule.type}" can meet: ${never}. Correct the filter, or leave it out.`,
        ]),
    ...Object.keys(rule.previous)
      .filter((field) => fields.includes(field))
      .map(
        (field) =>
          `rule "${rule.name}" wants the past in "${field}", a field that "${rule.type}" has itself. Give it another name.`,
      ),
  ];
}

function checkJoin({ name, types, timeoutSeconds }: SubscriptionRule & { kind: 'join' }): string[] {
  const isTime =
    Number.isInteger(timeoutSeconds) &&
    timeoutSeconds >= 1 &&
    timeoutSeconds <= TIMEOUT_MAX_SECONDS;
  return [
    ...(Object.keys(types).length === 0 ? [`rule "${name}" waits for no event. Name some.`] : []),
    ...(isTime
      ? []
      : [
          `rule "${name}" has timeoutSeconds ${timeoutSeconds}; allowed: a whole number from 1 to ${TIMEOUT_MAX_SECONDS}.`,
        ]),
  ];
}

function checkEmitted(
  contract: SubscriptionsContract,
  declared: readonly DeclaredRule[],
): string[] {
  return agentsIn(declared).flatMap((agent) =>
    Object.entries(agent.events ?? {}).flatMap(([type, schema]) => {
      const own = Object.hasOwn(contract.events, type) ? contract.events[type] : undefined;
      if (own === schema) return [];
      return own
        ? [
            `agent "${agent.name}" emits "${type}" with another schema than the contract's. Use the contract's: { '${type}': events['${type}'] }.`,
          ]
        : [
            `agent "${agent.name}" emits "${type}", which the contract does not declare; ${knownIn(contract)}. Declare it, or take it out of the agent's events.`,
          ];
    }),
  );
}

const agentsIn = (declared: readonly DeclaredRule[]): AgentContract[] => [
  ...new Set(declared.map(({ agent }) => agent)),
];

const emittedBy = (agent: AgentContract): string[] => Object.keys(agent.events ?? {});

function checkCompletion(
  { completesOn }: SubscriptionsContract,
  declared: readonly DeclaredRule[],
): string[] {
  if (completesOn === undefined) return [];
  const emitted = new Set(agentsIn(declared).flatMap(emittedBy));
  if (emitted.has(completesOn)) return [];
  return [
    `runs complete on "${completesOn}", which none of its agents emits; emitted: ${[...emitted].join(', ') || 'nothing'}. Name one of them in completesOn, or add the rule whose agent emits it.`,
  ];
}

function checkCircles(
  { hopBudget }: SubscriptionsContract,
  declared: readonly DeclaredRule[],
): string[] {
  if (hopBudget !== undefined) return [];
  const circle = circleIn(declared);
  if (circle === null) return [];
  return [
    `its rules go round in a circle: ${circle.join(' → ')}. Set hopBudget in the contract to the reactions that may follow from one event, or break the circle.`,
  ];
}

/** A shortest way over rules from a type back to itself, as types and the rules between them. */
function circleIn(declared: readonly DeclaredRule[]): readonly string[] | null {
  for (const { rule } of declared) {
    for (const type of causesOf(rule)) {
      const way = wayBack(declared, type);
      if (way) return way;
    }
  }
  return null;
}

const causesOf = (rule: SubscriptionRule): string[] =>
  rule.kind === 'join' ? Object.values(rule.types) : [rule.type];

/** Breadth first from an event type along the rules that it meets and the events that these emit. */
function wayBack(declared: readonly DeclaredRule[], start: string): readonly string[] | null {
  const ways = new Map<string, readonly string[]>([[start, [start]]]);
  for (const [type, way] of ways) {
    for (const { rule, next } of stepsFrom(declared, type)) {
      const further = [...way, `(${rule})`, next];
      if (next === start) return further;
      if (!ways.has(next)) ways.set(next, further);
    }
  }
  return null;
}

const stepsFrom = (declared: readonly DeclaredRule[], type: string) =>
  declared
    .filter(({ rule }) => causesOf(rule).includes(type))
    .flatMap(({ rule, agent }) => emittedBy(agent).map((next) => ({ rule: rule.name, next })));
