/**
 * `npm run chaos -- [--runs N] [--json FILE]`: runs of four steps on the embedded cloud while an agent's
 * worker is killed every second and calls to DynamoDB, Kinesis, SQS and Step Functions fail. Exits 1
 * when a run is lost, an effect happens twice, or a killed step is found too late.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from '../../cli/draw/table.ts';
import { processIo } from '../../cli/io.ts';
import { untilInterrupted } from '../../cli/local/interrupt.ts';
import { type ChaosResult, causeChaos } from './chaos.ts';
import type { Hit } from './killer.ts';
import { recoveries, round } from './verdict.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '40' }, json: { type: 'string' } },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) {
  throw new RangeError(`--runs is ${values.runs}; it may be a whole number from 1 on`);
}
const io = processIo();
const { signal } = untilInterrupted();
const result = await causeChaos({ runs, signal, report: (what) => io.err(`${what}\n`) });
for (const line of drawn(result)) io.out(`${line}\n`);
io.out(`${JSON.stringify(result.verdict)}\n`);
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify(result.verdict, null, 2)}\n`);
}
process.exit(result.wrongs.length + result.delays.length === 0 ? 0 : 1);

function drawn(result: ChaosResult): readonly string[] {
  const { seen, faults, asked, seconds } = result;
  const statuses = Map.groupBy(seen.runs, (run) => seen.ended.find(({ id }) => id === run)?.status);
  const hits = (kind: Hit['kind']): number => seen.hits.filter((hit) => hit.kind === kind).length;
  return [
    '',
    ...table(
      ['step', 'starts', 'hit', 'recovered', 'median s', 'longest s', 'effects'].map(
        (title, i) => ({
          title,
          align: i === 0 ? 'left' : 'right',
        }),
      ),
      seen.steps.map((step) => rowOf(result, step)),
      io,
    ),
    '',
    ...table(
      ['calls harmed', 'how', 'of', 'harmed'].map((title, i) => ({
        title,
        align: i < 2 ? 'left' : 'right',
      })),
      faults.map(({ service, fault, matched, injected }) => [
        service,
        fault.kind,
        String(matched),
        String(injected),
      ]),
      io,
    ),
    '',
    `runs: ${[...statuses].map(([status, { length }]) => `${length} ${status ?? 'without an end'}`).join(', ')}`,
    `${seen.kills} kills; ${hits('in-hand')} of a step in hand, ${hits('picked-up')} perhaps of one just received, ${seen.hits.filter(({ isPastStep0 }) => !isPastStep0).length} of these before its visibility was set`,
    `${seen.effects.length} effects happened, ${asked} times they were asked for; ${seconds} s, load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`,
    ...[...result.wrongs, ...result.delays].map((what) => `MISSED: ${what}`),
  ];
}

function rowOf({ seen }: ChaosResult, step: string): string[] {
  const times = recoveries(seen)
    .filter((recovery) => recovery.step === step)
    .map(({ seconds }) => seconds)
    .sort((a, b) => a - b);
  const inStep = (things: readonly { readonly step: string }[]): string =>
    String(things.filter((thing) => thing.step === step).length);
  const median = times[Math.floor(times.length / 2)];
  const longest = times.at(-1);
  return [
    step,
    inStep(seen.begins),
    inStep(seen.hits),
    String(times.length),
    median === undefined ? '' : String(round(median)),
    longest === undefined ? '' : String(round(longest)),
    inStep(seen.effects),
  ];
}
