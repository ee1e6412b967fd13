/** `node test/simulation/mutations/main.ts [words of names]`: tries all mutations, or those with such a name. */
import { withMachinesFile } from '../seed-pool.ts';
import { MUTATIONS } from './list.ts';
import { sentenceOf, tryMutations } from './try-mutations.ts';

const words = process.argv.slice(2).join(' ');
const chosen = MUTATIONS.filter(({ name }) => name.includes(words));
const { tried, caught } = await withMachinesFile((machinesFile) =>
  tryMutations(chosen, {
    processes: 2,
    machinesFile,
    report: (one) => console.log(sentenceOf(one)),
  }),
);
console.log(JSON.stringify({ tried, caught }));
process.exitCode = tried > 0 && tried === caught ? 0 : 1;
