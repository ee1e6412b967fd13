/**
 * `npm run bench:overload -- --simulate [--seeds N] [--only WORDS] [--json FILE]`: the stories of
 * overload on virtual time.
 *
 * Real: the quotas' gate and buckets, the front door's decisions and controller, the model server's
 * faults. Modelled: queues with a delivery of 50 to 500 ms, workers that take batches of up to ten,
 * retries, clients. Not modelled: ledger latency, clock skew, tokens, budgets, cold starts.
 */
import { writeFileSync } from 'node:fs';
import { fairnessLines, medians, type Row, table } from './report.ts';
import { SCENARIOS, type Scenario } from './scenario.ts';
import { governed, naive, tell } from './story.ts';

export interface SimulationOptions {
  /** Seeds 1 to so many, for each scenario. The naive pipeline, which is told for comparison, has one. */
  readonly seeds: number;
  /** Only scenarios whose name has these words. */
  readonly only?: string;
  /** A file for the results. */
  readonly json?: string;
  /** Is told of each story as it ends. */
  readonly report: (what: string) => void;
}

/** Prints a table of medians. @throws RangeError when no scenario has such a name */
export async function simulateOverload(options: SimulationOptions): Promise<void> {
  const { seeds, only = '', json, report } = options;
  const chosen = SCENARIOS.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) {
    const names = SCENARIOS.map(({ name }) => `"${name}"`).join(', ');
    throw new RangeError(`--only is "${only}"; allowed: words of ${names}`);
  }
  const rows: Row[] = [];
  for (const scenario of chosen) {
    rows.push(await rowOf(scenario, 'governed', seeds, report));
    if (scenario.isNaiveToo) rows.push(await rowOf(scenario, 'naive', 1, report));
  }
  console.log(table(rows));
  for (const line of fairnessLines(rows)) console.log(line);
  if (json === undefined) return;
  const results = rows.map((row) => ({ ...row, median: medians(row.told) }));
  writeFileSync(json, `${JSON.stringify({ seeds, results }, null, 2)}\n`);
}

async function rowOf(
  scenario: Scenario,
  pipeline: Row['pipeline'],
  seeds: number,
  report: SimulationOptions['report'],
): Promise<Row> {
  const told = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    told.push(await tell(scenario, seed, pipeline === 'naive' ? naive : governed));
    report(`${scenario.name}, ${pipeline}, seed ${seed}`);
  }
  return { scenario: scenario.name, pipeline, told };
}
