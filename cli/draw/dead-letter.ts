import type { DeadLetter, DeadLetterSummary } from '#runtime/contracts/ledger.ts';
import { dateTime } from './instant.ts';
import type { Sheet } from './paint.ts';
import { table } from './table.ts';
import { clean, padEnd, wrap } from './text.ts';

/** Dead letters as a table. */
export function letterTable(letters: readonly DeadLetterSummary[], sheet: Sheet): string[] {
  const rows = letters.map((letter) => [
    letter.id,
    dateTime(letter.parkedAt),
    clean(letter.code),
    clean(letter.agent),
    clean(letter.path ?? ''),
    clean(letter.cause),
  ]);
  return table(
    [
      { title: 'letter' },
      { title: 'parked (UTC)' },
      { title: 'code' },
      { title: 'of' },
      { title: 'step' },
      { title: 'cause', flexible: true },
    ],
    rows,
    sheet,
  );
}

/** Everything about one dead letter. */
export function letterPage(letter: DeadLetter, { width, paint }: Sheet): string[] {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['letter', letter.id],
    ['code', letter.code],
    ['of', letter.agent],
    ['parked', `${dateTime(letter.parkedAt)} UTC`],
    ['run', letter.run && placeOf(letter)],
    ['took', tookText(letter)],
    ['like it', letter.fingerprint],
  ];
  return [
    ...wrap(clean(letter.cause), width).map((line) => paint('bold', line)),
    '',
    ...facts.flatMap(([name, value]) =>
      value === undefined ? [] : [`${paint('dim', padEnd(name, 10))}${clean(value)}`],
    ),
    '',
    paint('dim', 'message'),
    ...bodyLines(letter.body),
    ...nextLines(letter).map((line) => paint('dim', line)),
  ];
}

/** Where it was, as far as the message told: run, generation, step. */
const placeOf = ({ run, gen = 0, path }: DeadLetterSummary): string =>
  clean(
    run === undefined
      ? ''
      : `${run}${gen === 0 ? '' : ` (generation ${gen})`}${path === undefined ? '' : ` ${path}`}`,
  );

function tookText({ attempts, starts, tokens }: DeadLetterSummary): string | undefined {
  const parts = [
    ...(attempts === undefined ? [] : [`attempt ${attempts}`]),
    ...(starts === undefined ? [] : [`starts without an end: ${starts}`]),
    ...(tokens === undefined
      ? []
      : [`tokens in: ${tokens.inputTokens}, out: ${tokens.outputTokens}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** Indented when it is JSON; whatever it is, its control characters do nothing here. */
function bodyLines(body: string): string[] {
  return indented(body)
    .split('\n')
    .map((line) => line.replaceAll(/\p{Cc}/gu, ''));
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function nextLines({ id, run }: DeadLetter): string[] {
  if (run === undefined) return [];
  return [
    '',
    `npx signalbox runs show ${clean(run)}`,
    `npx signalbox dead-letters redrive ${id} --input '{…}'`,
  ];
}
