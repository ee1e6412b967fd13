/**
 * The 2,000 customers of `Tayko.csv`, in the words of this project.
 *
 * Boundary: reads the one file beside it and nothing else. Columns that say the same of everybody, or
 * that nobody may be judged by, are left out: README.md says which and why.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A name on a mailing list, with what has been seen of it and what came of it. */
export interface Customer {
  /** Place in the file, from 1. */
  readonly number: number;
  readonly lead: Lead;
  readonly history: History;
  /** Whether the customer bought from the test mailing: what a score has to tell beforehand. */
  readonly purchased: boolean;
}

/** What is known of a lead when it comes in. */
interface Lead {
  readonly leadId: string;
  readonly country: 'us' | 'other';
  /** The list that the name was taken from, `none` when it was on none. */
  readonly source: string;
  readonly ordersOnline: boolean;
  readonly address: 'residential' | 'business';
}

/** What a customer system knows of a lead from before. */
interface History {
  /** Transactions in the last year. */
  readonly purchases: number;
  readonly daysSinceFirstUpdate: number;
  readonly daysSinceLastUpdate: number;
}

const leadIdOf = (sequenceNumber: number): string => `tayko-${sequenceNumber}`;

/** All of them, in the file's order. */
export function readCustomers(): readonly Customer[] {
  const text = readFileSync(path.join(import.meta.dirname, 'Tayko.csv'), 'utf8');
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line, i) => customerOf(rowOf(names, line, i + 2)));
}

type Row = Readonly<Record<string, number>>;

function rowOf(names: readonly string[], line: string, lineNumber: number): Row {
  const values = line.split(',').map(Number);
  if (values.length !== names.length || values.some((value) => !Number.isInteger(value))) {
    throw new TypeError(
      `Tayko.csv line ${lineNumber} is ${JSON.stringify(line)}; allowed: ${names.length} whole numbers`,
    );
  }
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? 0]));
}

function customerOf(row: Row): Customer {
  const { sequence_number: number = 0, Freq: purchases = 0 } = row;
  return {
    number,
    lead: {
      leadId: leadIdOf(number),
      country: row.US === 1 ? 'us' : 'other',
      source: sourceOf(row),
      ordersOnline: row['Web order'] === 1,
      address: row.Address_is_res === 1 ? 'residential' : 'business',
    },
    history: {
      purchases,
      daysSinceFirstUpdate: row['1st_update_days_ago'] ?? 0,
      daysSinceLastUpdate: row.last_update_days_ago ?? 0,
    },
    purchased: row.Purchase === 1,
  };
}

const SOURCE = 'source_';

const sourceOf = (row: Row): string =>
  Object.keys(row)
    .find((name) => name.startsWith(SOURCE) && row[name] === 1)
    ?.slice(SOURCE.length) ?? 'none';
