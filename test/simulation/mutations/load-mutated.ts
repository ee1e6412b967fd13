/**
 * Loaded before everything else in a process that simulates a mutation: changes the text of one module
 * as it is loaded. Nothing on disk changes.
 *
 * Invariant: the process ends loudly when the text to change is not there exactly once. A mutation of
 * code that is gone would otherwise look like one that nobody notices.
 */
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MUTATION_VARIABLE, type Mutation } from './mutation.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');

const mutation: Mutation = JSON.parse(process.env[MUTATION_VARIABLE] ?? '');
const url = pathToFileURL(resolve(PROJECT, mutation.file)).href;

registerHooks({
  load: (loaded, context, next) => {
    const module = next(loaded, context);
    return loaded === url ? { ...module, source: mutated(String(module.source)) } : module;
  },
});

function mutated(source: string): string {
  const parts = source.split(mutation.find);
  if (parts.length !== 2) {
    throw new TypeError(
      `mutation "${mutation.name}": its text is ${parts.length - 1} times in ${mutation.file}; allowed: once. Adapt it to the code.`,
    );
  }
  process.send?.('mutated');
  return parts.join(mutation.replace);
}
