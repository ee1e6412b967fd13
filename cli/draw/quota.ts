import { durationText } from '#runtime/contracts/duration-text.ts';
import type { QuotaView } from '#runtime/contracts/fleet.ts';
import { dateTime } from './instant.ts';
import type { Paint, Sheet, Tone } from './paint.ts';
import { type Column, table } from './table.ts';
import { clean } from './text.ts';

const TONES: Readonly<Record<QuotaView['state'], Tone>> = {
  open: 'green',
  slowed: 'yellow',
  paused: 'yellow',
  outage: 'red',
};

const COLUMNS: readonly Column[] = [
  { title: 'quota', flexible: true },
  { title: 'state' },
  { title: 'calls/s', align: 'right' },
  { title: 'allowed', align: 'right' },
  { title: 'tokens/min', align: 'right' },
  { title: 'ahead', align: 'right' },
  { title: 'wait', align: 'right' },
  { title: '429s', align: 'right' },
  { title: 'calls', align: 'right' },
];

/** Quotas as a table. */
export const quotaTable = (quotas: readonly QuotaView[], sheet: Sheet): string[] =>
  table(
    COLUMNS,
    quotas.map((quota) => rowOf(quota, sheet.paint)),
    sheet,
  );

function rowOf(quota: QuotaView, paint: Paint): string[] {
  const { limits, state, ratePerSecond, ticketsAhead, throttled, taken } = quota;
  return [
    titleOf(quota),
    paint(TONES[state], state),
    figure(ratePerSecond),
    figure(limits.requestsPerSecond),
    limits.tokensPerMinute === undefined ? '' : figure(limits.tokensPerMinute),
    String(ticketsAhead),
    waitText(quota.waitSeconds),
    String(throttled),
    String(taken),
  ];
}

/** A quota after something was changed in it. */
export function quotaLines(quota: QuotaView, { paint }: Sheet): string[] {
  const { limits, state, setBy, closedAt } = quota;
  const { requestsPerSecond, tokensPerMinute, burst } = limits;
  const allowed = [
    `${figure(requestsPerSecond)} calls a second`,
    ...(tokensPerMinute === undefined ? [] : [`${figure(tokensPerMinute)} tokens a minute`]),
    ...(burst === undefined ? [] : [`${burst} at once after a pause`]),
  ].join(', ');
  const who = setBy === 'operator' ? 'set by an operator' : 'as configured';
  const since = closedAt === undefined ? '' : ` since ${dateTime(closedAt)} UTC`;
  return [
    `${paint('bold', titleOf(quota))} ${paint(TONES[state], state)}${since}: ${allowed}, ${who}`,
    ...nextLines(quota).map((line) => paint('dim', line)),
  ];
}

function nextLines({ quota, state, setBy }: QuotaView): string[] {
  const name = clean(quota);
  return [
    ...(state === 'paused' ? [`npx signalbox quotas resume ${name}`] : []),
    ...(setBy === 'operator' ? [`npx signalbox quotas set ${name} --reset`] : []),
  ];
}

const titleOf = ({ quota, tenant }: QuotaView): string =>
  clean(tenant === undefined ? quota : `${quota} (${tenant})`);

/** Two figures behind the point at most, and no more than there are. */
export const figure = (value: number): string => String(Math.round(value * 100) / 100);

/** `∞` for what does not end as things are. */
export const waitText = (seconds: number | null): string =>
  seconds === null ? '∞' : durationText(seconds * 1000);
