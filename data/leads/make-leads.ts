/** `node data/leads/make-leads.ts`: writes `leads.csv` anew. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { leadsCsv } from './leads-csv.ts';

writeFileSync(path.join(import.meta.dirname, 'leads.csv'), leadsCsv());
