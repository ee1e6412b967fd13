/**
 * `npm run bench:events -- [--json FILE]`: how many events a second the projector and the router handle, and
 * how far behind they are under a steady load, on a local deployment of its own. Takes two to three minutes.
 *
 * Figures of this cloud on this machine: all functions, the stream and the tables share its cores, and one
 * shard feeds each consumer. They are to be compared with each other, and say nothing of AWS.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from '../../cli/draw/table.ts';
import { processIo } from '../../cli/io.ts';
import { untilInterrupted } from '../../cli/local/interrupt.ts';
import { type EventFigures, measureEvents } from './measure.ts';
import { startStand } from './stand.ts';

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const io = processIo();
const report = (what: string): void => io.err(`${what}\n`);

const { signal, end } = untilInterrupted();
const stand = await startStand({ report, signal });
try {
  const figures = await measureEvents(stand, report);
  const { eventsPerSecond, lagP99Seconds } = rounded(figures);
  for (const line of drawn(figures)) io.out(`${line}\n`);
  const document = { eventsPerSecond, lagP99Seconds };
  io.out(`${JSON.stringify(document)}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(document)}\n`);
} finally {
  end();
  await stand.stop();
}

function rounded({ eventsPerSecond: { projector, router }, lagP99Seconds }: EventFigures) {
  return {
    eventsPerSecond: { projector: Math.round(projector), router: Math.round(router) },
    lagP99Seconds: Math.round(lagP99Seconds * 100) / 100,
  };
}

function drawn(figures: EventFigures): readonly string[] {
  const { eventsPerSecond, lagP99Seconds } = rounded(figures);
  const { backlog, load } = figures;
  const rows = [
    ['projector, events a second', `${eventsPerSecond.projector}`, `backlog of ${backlog}, alone`],
    [
      'router, events a second',
      `${eventsPerSecond.router}`,
      `backlog of ${backlog}, alone, with its reactions`,
    ],
    [
      'lag p99, seconds',
      `${lagP99Seconds}`,
      `${load.events} events at ${load.perSecond} a second, all consumers`,
    ],
  ];
  return [
    '',
    ...table([{ title: 'measure' }, { title: 'got', align: 'right' }, { title: 'of' }], rows, io),
    '',
    'Not measured: the agents (nobody reads their queues meanwhile), joins, the start of workers, more than one shard.',
    `load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`,
  ];
}
