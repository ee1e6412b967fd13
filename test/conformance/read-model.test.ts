import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { MemoryReadModelTables } from '#runtime/adapters/memory/read-model-tables.ts';
import { cloudReadModel, cloudReadModelTables } from './cloud/read-model.ts';
import { conform, inMemory } from './conform.ts';
import { testProjection } from './projection.suite.ts';
import { testEvents } from './read-model-events.suite.ts';
import { testList } from './read-model-list.suite.ts';
import { testListing } from './read-model-listing.suite.ts';
import { testReadModelTables } from './read-model-tables.suite.ts';
import { newRun, type ReadModelSubject } from './samples.ts';

const subjects = {
  memory: inMemory((): ReadModelSubject => {
    const model = new MemoryReadModel();
    return { writer: model, reader: model, propertyRuns: 100 };
  }),
  cloud: cloudReadModel,
};

conform('ReadModel events', testEvents, subjects);
conform('ReadModel listing', testListing, subjects);
conform('ReadModel list', testList, subjects);
conform('ReadModel projection', testProjection, subjects);
conform('ReadModelTables', testReadModelTables, {
  memory: inMemory(() => ({ tables: new MemoryReadModelTables(), newName: newRun })),
  cloud: cloudReadModelTables,
});
