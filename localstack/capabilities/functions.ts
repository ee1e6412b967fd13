import { type Capability, everywhere } from './claim.ts';

export const functions = {
  'the state of a module outlives an error of its handler': everywhere,
  'an error of a handler has the name that was thrown, its message and its trace': everywhere,
  'a process that exits fails the invocation with Runtime.ExitError and ends the module':
    everywhere,
  'an error that nobody catches fails the invocation by its name and ends the module': everywhere,
  'a rejection that nobody handles fails the invocation with Runtime.UnhandledPromiseRejection':
    everywhere,
  'a timeout fails the invocation with its limit and ends the module': everywhere,
  'a function whose module throws fails with what it threw': everywhere,
  'the log of an invocation is its own and whole, and nobody waits for one that is empty':
    everywhere,
  'an update of a function lets a running invocation end, and the next one has it': everywhere,
} as const satisfies Record<string, Capability>;
