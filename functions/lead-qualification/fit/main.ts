/** `npm run fit:leads`: writes `score-model.json` from the odd rows of the leads, and judges it by the even ones. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCustomers } from '../../../data/leads/customers.ts';
import { fitScore, halvesOf, judge } from './fit-score.ts';

const TARGET = path.join(import.meta.dirname, '..', 'score-model.json');

const { teaching, judging } = halvesOf(readCustomers());
const model = fitScore(teaching);
await writeFile(TARGET, `${JSON.stringify(model, null, 2)}\n`);

const { rows, auc, chanceAuc, purchasesAuc } = judge(model, judging);
const known = judge(model, teaching);
process.stdout.write(
  `AUC on ${rows} rows that the model has not seen: ${auc.toFixed(3)}
  on the ${known.rows} rows that it was fitted to:  ${known.auc.toFixed(3)}
  by the number of purchases alone:     ${purchasesAuc.toFixed(3)}
  by chance:                            ${chanceAuc.toFixed(3)}
`,
);
