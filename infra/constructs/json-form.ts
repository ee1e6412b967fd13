/**
 * Refuses contracts whose values could not travel as JSON: a date or a map would arrive as something else.
 *
 * Boundary: at synth, not in `runtime/contracts`, because contracts are part of every function's
 * bundle, and what knows the form of a schema is as large as all of zod.
 */
import * as z from 'zod';
import type { AgentContract, Schema } from '#runtime/contracts/agent.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import type { EventTypes } from '#runtime/contracts/event-types.ts';
import type { SubscriptionsContract } from '#runtime/contracts/subscriptions.ts';
import type { WorkflowContract } from '#runtime/contracts/workflow.ts';

/** @throws DefinitionError naming each place of the contract that has no form in JSON. */
export function refuseAgentWithoutJson(contract: AgentContract): void {
  const { name, input, output, partialOutput, events = {} } = contract;
  refuse(`agent "${name}"`, [
    // The task message carries what the schema takes, the answer what it makes.
    ...placesWithoutJson('input', input, 'input'),
    ...placesWithoutJson('output', output, 'output'),
    ...(partialOutput ? placesWithoutJson('partialOutput', partialOutput, 'output') : []),
    ...eventsWithoutJson(events),
  ]);
}

/** @throws DefinitionError naming each place of the contract that has no form in JSON. */
export function refuseWorkflowWithoutJson({ name, input, output }: WorkflowContract): void {
  refuse(`workflow "${name}"`, [
    // Callers send what the schema takes; steps read what it makes.
    ...placesWithoutJson('input', input, 'input'),
    ...placesWithoutJson('input', input, 'output'),
    ...placesWithoutJson('output', output, 'output'),
  ]);
}

/** @throws DefinitionError naming each place of the contract that has no form in JSON. */
export function refuseSubscriptionsWithoutJson({ name, events }: SubscriptionsContract): void {
  refuse(`subscriptions "${name}"`, eventsWithoutJson(events));
}

const eventsWithoutJson = (events: EventTypes): string[] =>
  Object.entries(events).flatMap(([type, data]) =>
    placesWithoutJson(`events["${type}"]`, data, 'output'),
  );

function refuse(what: string, places: readonly string[]): void {
  if (places.length === 0) return;
  throw new DefinitionError(
    `${what} declares what JSON cannot carry: ${[...new Set(places)].join('; ')}. ` +
      'Allowed: texts, numbers, booleans, null, and lists, records and objects of them. ' +
      'Write a date as a text (z.iso.datetime()), a big number as a text, a map as a record.',
  );
}

/** Types that say nothing of the form of their value: it is the author's word that it is JSON. */
const UNKNOWN_FORM: readonly string[] = ['custom', 'transform'];

/** @param side what the schema takes (`input`) or what it makes of it (`output`) */
function placesWithoutJson(field: string, schema: Schema, side: 'input' | 'output'): string[] {
  const places: string[] = [];
  z.toJSONSchema(schema, {
    io: side,
    unrepresentable: ({ zodSchema, path, message }) => {
      if (!UNKNOWN_FORM.includes(zodSchema._zod.def.type)) {
        places.push(`${[field, ...namesIn(path)].join('.')} (${message})`);
      }
      return 'any';
    },
  });
  return places;
}

const KEYWORDS: readonly unknown[] = ['properties', 'items', 'additionalProperties'];

/** The field names in a path through a JSON Schema. */
const namesIn = (path: readonly (string | number)[]): string[] =>
  path.filter((part) => typeof part === 'string').filter((part) => !KEYWORDS.includes(part));
