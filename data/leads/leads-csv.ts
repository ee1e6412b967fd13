import { readCustomers } from './customers.ts';

const COLUMNS = ['leadId', 'country', 'source', 'ordersOnline', 'address'] as const;

/** The text of `leads.csv`: the leads, without what a customer system knows of them and what came of them. */
export const leadsCsv = (): string =>
  [COLUMNS, ...readCustomers().map(({ lead }) => COLUMNS.map((column) => lead[column]))]
    .map((cells) => `${cells.join(',')}\n`)
    .join('');
