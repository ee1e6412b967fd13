/**
 * Loads beforehand what the door loads with the first call that needs it, for tests in virtual time: it
 * does not stand still for a module that is read from disk.
 */
import '#runtime/lambda/budgeted-calls.ts';
import '#runtime/lambda/converse.ts';
import '#runtime/lambda/perform-effect.ts';
import '#runtime/lambda/quota-gate.ts';
import '#runtime/lambda/quota-turns.ts';
import '#runtime/lambda/try-again.ts';
