import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { testCallLedger } from './call-ledger.suite.ts';
import { cloudLedger } from './cloud/ledger.ts';
import { conform, inMemory } from './conform.ts';
import { testDeadLetterStore } from './dead-letter-store.suite.ts';
import { testRunLedger } from './run-ledger.suite.ts';
import { testStepLedger } from './step-ledger.suite.ts';

const subjects = {
  memory: inMemory(() => {
    const { steps, calls, runs, deadLetters } = new MemoryLedger();
    return { steps, calls, runs, deadLetters };
  }),
  cloud: cloudLedger,
};

conform('StepLedger', testStepLedger, subjects);
conform('CallLedger', testCallLedger, subjects);
conform('RunLedger', testRunLedger, subjects);
conform('DeadLetterStore', testDeadLetterStore, subjects);
