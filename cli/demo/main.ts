/** `npm run demo`: three acts on a local cloud of its own. */
import { askQuestions } from './ask.ts';
import { breakWorker } from './break.ts';
import { reportOf } from './report.ts';
import { perform } from './stage.ts';
import { tellWhatHappened } from './tell.ts';

await perform({
  command: 'npm run demo',
  play: async (theatre) => {
    const answered = await askQuestions(theatre);
    const { told, broken } = await breakWorker(theatre);
    await tellWhatHappened(theatre, told);
    return (elapsedMs) => reportOf([...answered, told], broken, elapsedMs);
  },
});
