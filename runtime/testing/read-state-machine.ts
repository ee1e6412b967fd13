/**
 * Reads a definition, refusing every member that the interpreter does not know: one that it ignored
 * would prove nothing about the machine.
 *
 * Boundary: names of members and of states; the types of their values are CDK's and Step Functions'.
 */
import { DefinitionError } from '#runtime/contracts/errors.ts';
import type { State, StateMachine } from './asl.ts';

const FLOWING = ['Next', 'End', 'Output', 'Assign'];
const RECOVERING = [...FLOWING, 'Retry', 'Catch'];
const MEMBERS: Readonly<Record<State['Type'], readonly string[]>> = {
  Task: [...RECOVERING, 'Resource', 'Arguments', 'TimeoutSeconds'],
  Pass: FLOWING,
  Wait: [...FLOWING, 'Seconds', 'Timestamp'],
  Choice: ['Output', 'Assign', 'Choices', 'Default'],
  Map: [...RECOVERING, 'Items', 'ItemSelector', 'ItemProcessor', 'MaxConcurrency'],
  Parallel: [...RECOVERING, 'Branches'],
  Succeed: ['Output'],
  Fail: ['Error', 'Cause'],
};
const EVERYWHERE = ['Type', 'Comment', 'QueryLanguage'];
const MACHINE = ['StartAt', 'States', 'QueryLanguage', 'Comment', 'ProcessorConfig'];
const SEND_MESSAGE = /^arn:[^:]+:states:::sqs:sendMessage\.waitForTaskToken$/;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The machine in `json`, a definition as `JSON.parse` gives it.
 * @throws DefinitionError naming the state and the member that the test kit does not interpret.
 */
export function readStateMachine(json: unknown): StateMachine {
  const machine = objectAt('the definition', json);
  const states = objectAt('the States of the definition', machine.States);
  refuseUnknown('the definition', machine, MACHINE);
  for (const [name, state] of Object.entries(states)) {
    readState(`state "${name}"`, objectAt(`state "${name}"`, state));
  }
  refuseLooseEnds(machine.StartAt, states);
  return json as StateMachine;
}

function readState(where: string, state: JsonObject): void {
  if (!isStateType(state.Type)) {
    refuse(where, `has the type ${JSON.stringify(state.Type)}`, Object.keys(MEMBERS).join(', '));
  }
  refuseUnknown(where, state, [...EVERYWHERE, ...MEMBERS[state.Type]]);
  if (state.Type === 'Task' && !SEND_MESSAGE.test(String(state.Resource))) {
    refuse(
      where,
      `calls ${JSON.stringify(state.Resource)}`,
      'arn:aws:states:::sqs:sendMessage.waitForTaskToken, which agent steps use',
    );
  }
  if (state.Type === 'Map') readItemProcessor(where, state.ItemProcessor);
  if (state.Type === 'Parallel') Object.values(state.Branches ?? []).forEach(readStateMachine);
}

const isStateType = (type: unknown): type is State['Type'] =>
  typeof type === 'string' && Object.hasOwn(MEMBERS, type);

function readItemProcessor(where: string, processor: unknown): void {
  const { Mode = 'INLINE' } = objectAt(
    `the ItemProcessor of ${where}`,
    objectAt(where, processor).ProcessorConfig ?? {},
  );
  if (Mode !== 'INLINE') refuse(where, `is a Map in mode ${JSON.stringify(Mode)}`, 'INLINE');
  readStateMachine(processor);
}

function refuseUnknown(where: string, json: JsonObject, known: readonly string[]): void {
  for (const member of Object.keys(json)) {
    if (!known.includes(member)) {
      refuse(where, `has ${member}, which the test kit does not interpret`, known.join(', '));
    }
  }
  if (json.QueryLanguage !== undefined && json.QueryLanguage !== 'JSONata') {
    refuse(where, `has the query language ${JSON.stringify(json.QueryLanguage)}`, 'JSONata');
  }
}

/** Every state that is named as a next one is there. */
function refuseLooseEnds(startAt: unknown, states: JsonObject): void {
  const named = Object.values(states).flatMap((state) => {
    const { Next, Default, Choices = [], Catch = [] } = state as NamesOthers;
    return [Next, Default, ...[...Choices, ...Catch].map((rule) => rule.Next)];
  });
  for (const next of [startAt, ...named.filter((name) => name !== undefined)]) {
    if (typeof next !== 'string' || !Object.hasOwn(states, next)) {
      refuse('the definition', `leads to ${JSON.stringify(next)}`, Object.keys(states).join(', '));
    }
  }
}

interface NamesOthers {
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Catch?: readonly { readonly Next: string }[];
}

function objectAt(where: string, value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  return refuse(where, `is ${JSON.stringify(value)}`, 'an object');
}

function refuse(where: string, got: string, allowed: string): never {
  throw new DefinitionError(`${where} ${got}; allowed: ${allowed}.`);
}
