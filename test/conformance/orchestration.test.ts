import { MemoryExecutionReader } from '#runtime/adapters/memory/execution-reader.ts';
import { MemoryOrchestrator, MemoryTaskCallback } from '#runtime/adapters/memory/orchestrator.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import {
  cloudExecutionReader,
  cloudOrchestrator,
  cloudTaskCallback,
} from './cloud/state-machines.ts';
import { conform, inMemory } from './conform.ts';
import { type ReaderSubject, testExecutionReader } from './execution-reader.suite.ts';
import { type OrchestratorSubject, testOrchestrator } from './orchestrator.suite.ts';
import { type CallbackSubject, testTaskCallback } from './task-callback.suite.ts';

conform('TaskCallback', testTaskCallback, {
  memory: inMemory((): CallbackSubject => {
    const callback = new MemoryTaskCallback();
    const system = new VirtualSystem();
    return {
      callback,
      open: async (patienceSeconds) => {
        const taskToken = system.randomId();
        callback.open(taskToken);
        void system.sleep(patienceSeconds * 1000).then(() => callback.close(taskToken));
        return {
          taskToken,
          seen: async () => {
            const answer = callback.answerTo(taskToken);
            if (answer === null) throw new TypeError('the task was not answered');
            return answer;
          },
          givenUp: () => system.advance(patienceSeconds * 1000),
        };
      },
    };
  }),
  cloud: cloudTaskCallback,
});

conform('Orchestrator', testOrchestrator, {
  memory: inMemory((): OrchestratorSubject => {
    const orchestrator = new MemoryOrchestrator(['support', 'endless'], new VirtualSystem());
    return {
      orchestrator,
      workflow: 'support',
      endless: 'endless',
      ended: async (executionName) =>
        orchestrator.end(
          { workflow: 'support', executionName },
          { status: 'SUCCEEDED', output: 'null' },
        ),
      inputOf: async (executionName) => orchestrator.inputOf('support', executionName),
    };
  }),
  cloud: cloudOrchestrator,
});

conform('ExecutionReader', testExecutionReader, {
  memory: inMemory((): ReaderSubject => {
    const reader = new MemoryExecutionReader();
    return {
      reader,
      succeeded: async (output) => {
        reader.set('a', {
          status: 'SUCCEEDED',
          startMs: 1,
          stopMs: 2,
          output: JSON.stringify(output),
        });
        return 'a';
      },
      failed: async (error, cause) => {
        reader.set('b', { status: 'FAILED', startMs: 1, stopMs: 2, error, cause });
        return 'b';
      },
      absent: 'absent',
    };
  }),
  cloud: cloudExecutionReader,
});
