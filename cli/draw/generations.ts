import type { GenerationView, Trace } from '#runtime/contracts/api.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { dateTime } from './instant.ts';
import type { Sheet } from './paint.ts';
import { glyphOf } from './status.ts';
import { clean } from './text.ts';

/** One line for each generation of a run; nothing for a run that has one only. */
export function generationLines(
  { generations, gen }: Pick<Trace, 'generations' | 'gen'>,
  { paint }: Sheet,
): string[] {
  if (generations.length < 2) return [];
  return generations.map((generation) => {
    const line = generationText(generation);
    const shown = generation.gen === gen ? line : paint('dim', line);
    return `   ${glyphOf(generation.status, paint)} ${shown}`;
  });
}

function generationText({ gen, status, acceptedAt, endedAt, reason }: GenerationView): string {
  const took =
    endedAt === undefined
      ? ''
      : ` after ${durationText(Date.parse(endedAt) - Date.parse(acceptedAt))}`;
  const why = reason === undefined ? '' : ` (${clean(reason)})`;
  return `generation ${gen}, ${dateTime(acceptedAt)} UTC${why}: ${status}${took}`;
}
