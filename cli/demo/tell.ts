/** Act three: what happened in the run that was broken, event by event. */
import { eventLine, isRestart, subjectWidth } from '../draw/events.ts';
import { waterfall } from '../draw/waterfall.ts';
import { printLines } from '../runs/print.ts';
import type { Told } from './report.ts';
import { curtain, type Theatre } from './theatre.ts';

export async function tellWhatHappened(theatre: Theatre, { run, events }: Told): Promise<void> {
  const { io, client, claims } = theatre;
  curtain(theatre, '3 · What happened', `Every event of run ${run.id}, as the stream has them.`);
  const names = subjectWidth(events);
  const { width, paint } = io;
  printLines(
    io,
    events.map((event) => eventLine(event, { width, paint, names })),
  );
  printLines(io, ['', ...waterfall(await client.trace(run.id), io), '']);
  const restarts = events.filter(isRestart).length;
  claims.check('the events show the restart', restarts > 0, `${restarts} restarts`);
  const ids = new Set(events.map(({ id }) => id));
  claims.check('no event is there twice', ids.size === events.length, `${events.length} events`);
}
