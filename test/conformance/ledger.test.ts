import { MemoryAdmissionLedger } from '#runtime/adapters/memory/admission-ledger.ts';
import { MemoryCheckpoints } from '#runtime/adapters/memory/checkpoints.ts';
import { MemoryDueRuns } from '#runtime/adapters/memory/due-runs.ts';
import { MemoryInbox } from '#runtime/adapters/memory/inbox.ts';
import { MemoryLaneStore } from '#runtime/adapters/memory/lane-store.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryOutbox } from '#runtime/adapters/memory/outbox.ts';
import { MemoryPlaceKey } from '#runtime/adapters/memory/place-key.ts';
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import { MemoryReplayLedger } from '#runtime/adapters/memory/replay-ledger.ts';
import { MemoryStageMeter } from '#runtime/adapters/memory/stage-meter.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import { testAdmissionLedger } from './admission-ledger.suite.ts';
import { testBudgetLedger } from './budget-ledger.suite.ts';
import { testCallLedger } from './call-ledger.suite.ts';
import { testCheckpoints } from './checkpoints.suite.ts';
import { cloudLedger } from './cloud/ledger.ts';
import { conform, inMemory } from './conform.ts';
import { testDeadLetterStore } from './dead-letter-store.suite.ts';
import { testDueRuns } from './due-runs.suite.ts';
import { testInbox } from './inbox.suite.ts';
import { testLaneStore } from './lane-store.suite.ts';
import { testOutbox } from './outbox.suite.ts';
import { testPlaceKey } from './place-key.suite.ts';
import { testQuotaLedger } from './quota-ledger.suite.ts';
import { testReactionsLedger } from './reactions-ledger.suite.ts';
import { testReplayLedger } from './replay-ledger.suite.ts';
import { testRunLedger } from './run-ledger.suite.ts';
import { testStageMeter } from './stage-meter.suite.ts';
import { testStepLedger } from './step-ledger.suite.ts';
import { testWaitLedger } from './wait-ledger.suite.ts';

const subjects = {
  memory: inMemory(() => {
    const { deadLetters, ...ledger } = new MemoryLedger();
    const { steps, calls, runs, budgets, reactions, waits } = ledger;
    const [outbox, dueRuns] = [new MemoryOutbox(), new MemoryDueRuns()];
    const inbox = new MemoryInbox();
    const [lanes, checkpoints] = [new MemoryLaneStore(), new MemoryCheckpoints()];
    const [meter, quotas] = [new MemoryStageMeter(), new MemoryQuotaLedger()];
    const [admissions, placeKey] = [new MemoryAdmissionLedger(), new MemoryPlaceKey(nodeSystem)];
    const newPlaceKey = () => placeKey;
    const records = { steps, calls, runs, budgets, reactions, waits, deadLetters };
    return {
      ...records,
      inbox,
      quotas,
      admissions,
      outbox,
      dueRuns,
      meter,
      newPlaceKey,
      lanes,
      checkpoints,
      replays: new MemoryReplayLedger(),
    };
  }),
  cloud: cloudLedger,
};

conform('StepLedger', testStepLedger, subjects);
conform('CallLedger', testCallLedger, subjects);
conform('RunLedger', testRunLedger, subjects);
conform('BudgetLedger', testBudgetLedger, subjects);
conform('ReactionsLedger', testReactionsLedger, subjects);
conform('WaitLedger', testWaitLedger, subjects);
conform('DeadLetterStore', testDeadLetterStore, subjects);
conform('Outbox', testOutbox, subjects);
conform('Inbox', testInbox, subjects);
conform('DueRuns', testDueRuns, subjects);
conform('LaneStore', testLaneStore, subjects);
conform('Checkpoints', testCheckpoints, subjects);
conform('ReplayLedger', testReplayLedger, subjects);
conform('StageMeter', testStageMeter, subjects);
conform('QuotaLedger', testQuotaLedger, subjects);
conform('AdmissionLedger', testAdmissionLedger, subjects);
conform('PlaceKey', testPlaceKey, subjects);
