/**
 * The fleet in one sentence: what work waits for, why, and when that clears. What makes the figures
 * behind it doubtful follows.
 *
 * Boundary: words for what the view says; nothing is decided here.
 */
import { durationText } from '../contracts/duration-text.ts';
import type { FleetView, QuotaView, StageView } from '../contracts/fleet.ts';
import { type Finding, quotaTitle } from './bottleneck.ts';
import { METER_WINDOW_MS } from './stage-rates.ts';

/** From this lag on the figures of stages are of another situation. */
const OLD_SECONDS = 10;

export function fleetSentence(
  view: Omit<FleetView, 'sentence' | 'bottleneck'>,
  finding: Finding | null,
): string {
  return [waitSentence(view, finding), ...lagSentences(view), ...outboxSentences(view)].join(' ');
}

function waitSentence(
  view: Omit<FleetView, 'sentence' | 'bottleneck'>,
  finding: Finding | null,
): string {
  if (finding === null) return isQuiet(view) ? 'Nothing waits.' : 'Nothing waits for long.';
  if ('stage' in finding) return stageSentence(finding.stage);
  const { quota } = finding;
  return quota.clearsInSeconds === null
    ? closedSentence(quota, view.stages)
    : quotaSentence(quota, quota.clearsInSeconds);
}

const isQuiet = ({ quotas, stages }: Pick<FleetView, 'quotas' | 'stages'>): boolean =>
  quotas.every(({ clearsInSeconds }) => clearsInSeconds === 0) &&
  stages.every(({ queued }) => queued === 0);

function quotaSentence(quota: QuotaView, clearsInSeconds: number): string {
  const { ticketsAhead, ratePerSecond, state, limitedBy } = quota;
  const why =
    limitedBy === 'tokens'
      ? `its tokens of the next ${secondsText(clearsInSeconds)} are given out`
      : `${counted(ticketsAhead, 'call')} ahead at ${rateText(ratePerSecond)} a second`;
  const slowed = state === 'slowed' ? ' (slowed down by 429s)' : '';
  return `${quotaTitle(quota)} is the bottleneck: ${why}${slowed}, ${clears(clearsInSeconds)}.`;
}

function closedSentence(quota: QuotaView, stages: readonly StageView[]): string {
  const name = quotaTitle(quota);
  const since = quota.closedAt === undefined ? '' : ` since ${quota.closedAt.slice(11, 19)} UTC`;
  const why =
    quota.state === 'paused'
      ? `${name} is paused${since}: no call goes through until somebody resumes it`
      : `${name} is out${since}: one call at a time tries whether it is back`;
  const perAgent = new Map(stages.map(({ agent, deferred }) => [agent, deferred]));
  const deferred = [...perAgent.values()].reduce((sum, one) => sum + one, 0);
  return deferred === 0
    ? `${why}.`
    : `${why}; ${counted(deferred, 'step')} ${deferred === 1 ? 'is' : 'are'} put off.`;
}

function stageSentence({ agent, queued, inFlight, predictedWaitSeconds }: StageView): string {
  const waiting = `${agent} is the bottleneck: ${counted(queued, 'step')} ${queued === 1 ? 'waits' : 'wait'} for a worker`;
  if (predictedWaitSeconds === null) {
    const atWork = inFlight === 0 ? '' : `, ${inFlight} ${inFlight === 1 ? 'is' : 'are'} at work`;
    return `${waiting}${atWork}, and none has ended in the last ${METER_WINDOW_MS / 1000} s.`;
  }
  const rate = rateText(queued / predictedWaitSeconds);
  return `${waiting}, ${rate} a second are taken, ${clears(predictedWaitSeconds)}.`;
}

const lagSentences = ({ consumers }: Pick<FleetView, 'consumers'>): readonly string[] =>
  consumers
    .filter(({ lagSeconds }) => lagSeconds >= OLD_SECONDS)
    .map(
      ({ consumer, lagSeconds }) =>
        `${consumer} is ${secondsText(lagSeconds)} behind the stream, and the figures of stages with it.`,
    );

const outboxSentences = ({ outbox }: Pick<FleetView, 'outbox'>): readonly string[] =>
  outbox.waiting === 0
    ? []
    : [
        `The event stream was away: at least ${counted(outbox.waiting, 'event')} ${outbox.waiting === 1 ? 'waits' : 'wait'} for it, the oldest for ${secondsText(outbox.oldestSeconds)}.`,
      ];

const clears = (seconds: number): string =>
  `clears in ${secondsText(seconds)} if nothing new comes`;

/** Whole seconds below a minute, rounded up: nobody plans with tenths. */
const secondsText = (seconds: number): string =>
  seconds <= 59 ? `${Math.ceil(seconds)} s` : durationText(seconds * 1000);

/** `2.0`, `0.25`: two figures, one behind the point from 1 on. */
const rateText = (perSecond: number): string =>
  perSecond >= 1 ? perSecond.toFixed(1) : perSecond.toPrecision(2);

const counted = (count: number, one: string): string => `${count} ${count === 1 ? one : `${one}s`}`;
