import type { RunSummary, RunView } from '#runtime/contracts/api.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import { causeText } from './cause.ts';
import { costTexts } from './cost.ts';
import { generationLines } from './generations.ts';
import { dateTime } from './instant.ts';
import type { Paint, Sheet } from './paint.ts';
import { glyphOf, statusWord } from './status.ts';
import { nameWidth, stepLine } from './steps.ts';
import { table } from './table.ts';
import { clean, padEnd, wrap } from './text.ts';

/** The steps of a run over its sentence; the picture that `watch` draws again and again. */
export function runPicture(run: RunView, sheet: Sheet): string[] {
  const options = { ...sheet, names: nameWidth(run.steps), isLive: true };
  return [...run.steps.map((step) => stepLine(step, options)), ...sentenceLines(run, sheet)];
}

/** How a run goes or went, in as many lines as it needs. */
export function sentenceLines(run: RunView, { width, paint }: Sheet): string[] {
  const [first = '', ...more] = wrap(clean(run.sentence), width - 3);
  return [
    `${glyphOf(run.status, paint)}  ${paint('bold', first)}`,
    ...more.map((line) => `   ${paint('bold', line)}`),
  ];
}

/** Everything about one run. */
export function runPage(run: RunView, sheet: Sheet): string[] {
  const { paint } = sheet;
  const cost = costTexts(run).join(' · ');
  const facts: readonly (readonly [string, string])[] = [
    ['run', run.gen === 0 ? run.id : `${run.id} (generation ${run.gen})`],
    ...(run.forkedFrom ? [['fork of', forkText(run.forkedFrom)] as const] : []),
    ['workflow', run.workflow],
    ['status', statusWord(run.status, paint)],
    ['accepted', `${dateTime(run.acceptedAt)} UTC`],
    ...(run.endedAt === undefined ? [] : [['ended', `${dateTime(run.endedAt)} UTC`] as const]),
    ['deadline', `${dateTime(run.deadlineAt)} UTC`],
    ...(cost === '' ? [] : [['cost', cost] as const]),
    ...(Object.keys(run.tags).length === 0 ? [] : [['tags', clean(tagText(run.tags))] as const]),
  ];
  return [
    ...runPicture(run, sheet),
    '',
    ...facts.map(([name, value]) => `${paint('dim', padEnd(name, 10))}${value}`),
    ...generationLines(run, sheet),
    ...resultLines(run, paint),
    ...partialLines(run, paint),
    ...nextLines(run, paint),
  ];
}

const forkText = ({ run, from }: NonNullable<RunView['forkedFrom']>): string =>
  from === null ? `${run} (from the start)` : `${run} (from ${clean(from)} on)`;

/** Whether its steps are reactions to events, as `search@0`: such a run is neither resumed nor forked. */
export const isReactive = ({ steps }: Pick<RunView, 'steps'>): boolean =>
  steps.some(({ path }) => /^\w+@\d+$/.test(path));

/** What to do about a run that has not succeeded. */
function nextLines(run: RunView, paint: Paint): string[] {
  const { id, status, steps } = run;
  if (!isTerminal(status) || status === 'succeeded' || isReactive(run)) return [];
  const step = steps.findLast((one) => one.status !== 'succeeded');
  const isBlocked = step?.failure?.code === 'EFFECT_BLOCKED';
  const fork = step && `npx signalbox runs fork ${id} --from ${step.path}`;
  return [
    '',
    // A resumed fork would be refused the same effect again.
    ...(isBlocked ? [] : [paint('dim', `npx signalbox runs resume ${id}`)]),
    ...(fork ? [paint('dim', isBlocked ? `${fork} --live-effects` : fork)] : []),
  ];
}

/** What a run gave, or why it gave nothing. Empty while it goes on. */
export function resultLines(run: RunView, paint: Paint): string[] {
  if (run.error) {
    const { name, cause } = run.error;
    return ['', `${paint('red', clean(name))} ${clean(causeText(cause))}`];
  }
  if (run.output === undefined) return [];
  return ['', paint('dim', 'output'), ...JSON.stringify(run.output, null, 2).split('\n')];
}

/** What the steps without a success had to show so far. */
function partialLines({ output, steps }: RunView, paint: Paint): string[] {
  if (output !== undefined) return [];
  return steps.flatMap(({ path, partial }) => {
    if (!partial) return [];
    const shown =
      'text' in partial
        ? partial.text.split('\n').map(clean)
        : JSON.stringify(partial.value, null, 2).split('\n');
    return ['', paint('dim', `so far at ${clean(path)}`), ...shown];
  });
}

/** Runs as a table. */
export function runTable(runs: readonly RunSummary[], sheet: Sheet): string[] {
  const rows = runs.map((run) => [
    run.id,
    run.workflow,
    statusWord(run.status, sheet.paint),
    dateTime(run.acceptedAt),
    tookText(run),
    clean(tagText(run.tags)),
  ]);
  return table(
    [
      { title: 'run' },
      { title: 'workflow' },
      { title: 'status' },
      { title: 'accepted (UTC)' },
      { title: 'took', align: 'right' },
      { title: 'tags', flexible: true },
    ],
    rows,
    sheet,
  );
}

const tookText = ({ acceptedAt, endedAt }: RunSummary): string =>
  endedAt === undefined ? '' : durationText(Date.parse(endedAt) - Date.parse(acceptedAt));

const tagText = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
