import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { cloudEventLog } from './cloud/event-log.ts';
import { conform, inMemory } from './conform.ts';
import { testEventLog } from './event-log.suite.ts';

conform('EventLog', testEventLog, {
  memory: inMemory(() => {
    const log = new MemoryEventLog();
    const eventsOf = async (run: string) => log.events.filter((event) => event.run === run);
    return { log, eventsOf };
  }),
  cloud: cloudEventLog,
});
