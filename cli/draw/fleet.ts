import type { FleetView, StageView } from '#runtime/contracts/fleet.ts';
import type { Paint, Sheet } from './paint.ts';
import { figure, quotaTable, waitText } from './quota.ts';
import { table } from './table.ts';
import { clean, plural, wrap } from './text.ts';

/** The fleet: its sentence, and the figures behind it. */
export const fleetPicture = (fleet: FleetView, sheet: Sheet): string[] => [
  ...fleetSentenceLines(fleet, sheet),
  ...section(stageLines(fleet.stages, sheet)),
  ...section(fleet.quotas.length === 0 ? [] : quotaTable(fleet.quotas, sheet)),
  ...section(admissionLines(fleet, sheet)),
  ...section(consumerLines(fleet, sheet.paint)),
];

/** What work waits for, in as many lines as it needs. */
function fleetSentenceLines(fleet: FleetView, { width, paint }: Sheet): string[] {
  const [first = '', ...more] = wrap(clean(fleet.sentence), width - 3);
  return [
    `${glyphOf(fleet, paint)}  ${paint('bold', first)}`,
    ...more.map((line) => `   ${paint('bold', line)}`),
  ];
}

function glyphOf({ bottleneck }: FleetView, paint: Paint): string {
  if (bottleneck === null) return paint('green', '✓');
  return bottleneck.clearsInSeconds === null ? paint('red', '✗') : paint('yellow', '●');
}

const section = (lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', ...lines];

/** Stages at which something happens; a fleet has many that are idle, and a screen few lines. */
function stageLines(stages: readonly StageView[], sheet: Sheet): string[] {
  const busy = stages.filter(isBusy);
  const idle = stages.length - busy.length;
  const idleLine = `${plural(idle, 'stage')} ${idle === 1 ? 'is' : 'are'} idle`;
  return [
    ...(busy.length === 0 ? [] : stageTable(busy, sheet)),
    ...(idle === 0 ? [] : [sheet.paint('dim', idleLine)]),
  ];
}

const isBusy = (stage: StageView): boolean =>
  stage.arrivalPerSecond > 0 ||
  stage.servicePerSecond > 0 ||
  stage.queued + stage.inFlight + stage.deferred > 0;

const stageTable = (stages: readonly StageView[], sheet: Sheet): string[] =>
  table(
    [
      { title: 'workflow', flexible: true },
      { title: 'stage', flexible: true },
      { title: 'in/s', align: 'right' },
      { title: 'out/s', align: 'right' },
      { title: 'oldest', align: 'right' },
      { title: 'queued', align: 'right' },
      { title: 'at work', align: 'right' },
      { title: 'put off', align: 'right' },
      { title: 'wait', align: 'right' },
    ],
    stages.map((stage) => [
      clean(stage.workflow),
      clean(stage.agent),
      figure(stage.arrivalPerSecond),
      figure(stage.servicePerSecond),
      waitText(stage.oldestWaitSeconds),
      String(stage.queued),
      String(stage.inFlight),
      String(stage.deferred),
      waitText(stage.predictedWaitSeconds),
    ]),
    sheet,
  );

/** Workflows of which anything was let in or sent away. */
function admissionLines({ admissions }: FleetView, sheet: Sheet): string[] {
  if (admissions.length === 0) return [];
  return table(
    [
      { title: 'front door', flexible: true },
      { title: 'lets in/s', align: 'right' },
      { title: 'wait', align: 'right' },
      { title: 'at most', align: 'right' },
      { title: 'let in', align: 'right' },
      { title: 'sent away', align: 'right' },
      { title: 'came back', align: 'right' },
    ],
    admissions.map((one) => [
      clean(one.workflow),
      one.ratePerSecond === null ? 'all' : figure(one.ratePerSecond),
      waitText(one.predictedWaitSeconds),
      waitText(one.maxQueueSeconds),
      String(one.admitted),
      String(one.rejected),
      String(one.redeemed),
    ]),
    sheet,
  );
}

const consumerLines = ({ consumers, outbox }: FleetView, paint: Paint): string[] => [
  ...consumers.map(({ consumer, lagSeconds, eventsPerSecond }) =>
    paint(
      'dim',
      `${clean(consumer)} ${waitText(lagSeconds)} behind the stream, ${figure(eventsPerSecond)} events a second`,
    ),
  ),
  ...(outbox.waiting === 0
    ? []
    : [
        paint(
          'yellow',
          `outbox: at least ${plural(outbox.waiting, 'event')} for the stream, the oldest ${waitText(outbox.oldestSeconds)} old`,
        ),
      ]),
];
