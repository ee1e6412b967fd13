/**
 * A subscriber that is added to a system at work learns the past and the present: each event once, and
 * nothing outside changes because of it unless that was asked for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SignalboxClient } from '#runtime/client/client.ts';
import type { ReplayView, RunView } from '#runtime/contracts/api.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { deployCopy } from '../support/added-subscriber.ts';
import { eventually } from '../support/live.ts';
import { canDeploy } from '../support/own-deployment.ts';

const PAST = 12;
/** Events a second. */
const RATE = 5;
const LOOK_EVERY_MS = 1000;
const FOUND = 'listings.found';
const REPORTED = 'market.reported';
const ADDED = ['report-market', 'send-report'];
/** Between conversations while the subscriber is added and learns. */
const TALK_PAUSE_MS = 2000;
/** What should not happen has had the time to. */
const SETTLE_MS = 3000;
/** On a machine that does other things, too. */
const PATIENCE_SECONDS = 150;

/** Conversations with the copy, and what is known of them. */
class Talks {
  readonly from = new Date().toISOString();
  readonly client: SignalboxClient;
  readonly #helpdeskUrl: string;

  constructor({ apiUrl, helpdeskUrl }: { readonly apiUrl: string; readonly helpdeskUrl: string }) {
    this.client = new SignalboxClient({ baseUrl: apiUrl });
    this.#helpdeskUrl = helpdeskUrl;
  }

  /** Every third one ends with a visit, the others when they have been quiet. */
  async begin(i: number): Promise<string> {
    const text = `${5 + (i % 3)} rooms for at most $${450 + i},000${i % 3 === 0 ? ', we want to visit one' : ''}.`;
    return (await this.client.sendEvent({ type: 'user.message.received', data: { text } })).run;
  }

  /** One after the other, each when homes were found in the one before, until they are stopped. */
  keepBeginning(): { readonly stop: () => Promise<readonly string[]> } {
    let isOver = false;
    const beginning = (async () => {
      const runs: string[] = [];
      while (!isOver) {
        runs.push(await this.begin(PAST + runs.length));
        await eventually(
          () => this.events(runs.slice(-1)),
          (events) => runsWith(events, FOUND) === 1,
          PATIENCE_SECONDS,
        );
        await sleep(TALK_PAUSE_MS);
      }
      return runs;
    })();
    // Whoever stops them hears of what went wrong.
    beginning.catch(() => undefined);
    return {
      stop: () => {
        isOver = true;
        return beginning;
      },
    };
  }

  views = (runs: readonly string[]): Promise<readonly RunView[]> =>
    Promise.all(runs.map((run) => this.client.run(run)));

  async events(runs: readonly string[]): Promise<readonly SignalboxEvent[]> {
    return (await Promise.all(runs.map((run) => this.client.events(run)))).flatMap(
      ({ events }) => events,
    );
  }

  /** Waits until every list of homes in these runs has its report. */
  async haveReports(runs: readonly string[]): Promise<void> {
    await eventually(
      () => sleep(LOOK_EVERY_MS).then(() => this.events(runs)),
      (events) =>
        runsWith(events, FOUND) === runs.length && runsWith(events, REPORTED) === runs.length,
      PATIENCE_SECONDS,
    );
  }

  /** Feeds the past to a rule, to its end. */
  async replay(order: {
    readonly rule: string;
    readonly type: string;
    readonly run?: string;
    readonly effects?: boolean;
  }): Promise<ReplayView> {
    const { id } = await this.client.startReplay('router', {
      from: this.from,
      rate: RATE,
      ...order,
    });
    return eventually(
      () => sleep(LOOK_EVERY_MS).then(() => this.client.replay('router', id)),
      ({ state }) => state === 'done',
      PATIENCE_SECONDS,
    );
  }

  /** Reports of a run that somebody outside was told of. */
  async sent(run: string): Promise<number> {
    const answer = await fetch(`${this.#helpdeskUrl}/tickets`);
    const { tickets } = (await answer.json()) as { tickets: { customerId: string }[] };
    return tickets.filter(({ customerId }) => customerId === run).length;
  }
}

describe.skipIf(!canDeploy)('a subscriber that is added later, deployed', () => {
  let local: Awaited<ReturnType<typeof deployCopy>>;
  let talks: Talks;
  let past: readonly string[] = [];
  beforeAll(async () => {
    local = await deployCopy();
    talks = new Talks(local);
  });
  afterAll(async () => {
    await local?.stop();
  });

  test('reacts to every event of the past and of the present once, and others do not notice', {
    timeout: 600_000,
  }, async () => {
    past = await Promise.all(Array.from({ length: PAST }, (_, i) => talks.begin(i)));
    const look = () => sleep(LOOK_EVERY_MS).then(() => talks.views(past));
    const before = await eventually(look, areOver, PATIENCE_SECONDS);
    const later = talks.keepBeginning();
    await local.addSubscriber();
    const [first = '', chosen = '', ...others] = past;
    await talks.replay({ rule: 'reportMarket', type: FOUND, run: chosen, effects: true });
    const {
      counts,
      startedAt,
      endedAt = '',
    } = await talks.replay({ rule: 'reportMarket', type: FOUND });
    const runs = [...past, ...(await later.stop())];
    await talks.haveReports(runs);
    await sleep(SETTLE_MS);

    // No gap, no double: each list of homes is the cause of one report.
    const events = await talks.events(runs);
    const found = events.filter(({ type }) => type === FOUND);
    const reports = events.filter(({ type }) => type === REPORTED);
    expect(runs.length).toBeGreaterThan(PAST);
    expect(reports.map(({ cause }) => cause).sort()).toEqual(found.map(({ id }) => id).sort());
    const isReplayed = ({ replay }: SignalboxEvent): boolean => replay !== undefined;
    expect(reports.filter(isReplayed).map(({ run }) => run)).toEqual(
      expect.arrayContaining([...past]),
    );
    expect(reports.some((event) => !isReplayed(event))).toBe(true);

    const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
    expect(counts).toMatchObject({ failed: 0, handled: counts.matched });
    expect(counts.matched / seconds).toBeLessThan(1.1 * RATE);

    expect(await talks.sent(chosen)).toBe(1);
    for (const run of [first, ...others]) expect(await talks.sent(run)).toBe(0);
    expect((await talks.views(past)).map(ofOthers)).toEqual(before.map(ofOthers));
  });

  test('has its effects in the past refused unless they are asked for, and repeats nothing', {
    timeout: 200_000,
  }, async () => {
    const [first = ''] = past;
    await talks.replay({ rule: 'sendReport', type: REPORTED, run: first });
    const refused = await eventually(
      () => talks.client.run(first),
      ({ steps }) =>
        steps.some(
          ({ agent, status }) =>
            agent === 'send-report' && status !== 'running' && status !== 'queued',
        ),
    );
    expect(refused.steps.find(({ agent }) => agent === 'send-report')).toMatchObject({
      status: 'failed',
      failure: { code: 'EFFECT_BLOCKED' },
    });
    expect(await talks.sent(first)).toBe(0);

    const known = (await talks.events(past)).filter(isOfWork);
    await talks.replay({ rule: 'reportMarket', type: FOUND, effects: true });
    await sleep(SETTLE_MS);
    expect((await talks.events(past)).filter(isOfWork)).toEqual(known);
  });
});

const runsWith = (events: readonly SignalboxEvent[], type: string): number =>
  new Set(events.flatMap((event) => (event.type === type ? event.run : []))).size;

/** Steps, and what agents have said: a run that has been quiet ends when it is time. */
const isOfWork = ({ type }: SignalboxEvent): boolean =>
  type.startsWith('signalbox.step.') || !type.startsWith('signalbox.');

/** All that follows from one message has happened; a visit is the end of its run. */
const areOver = (runs: readonly RunView[]): boolean =>
  runs.every(
    ({ steps, status }, i) =>
      steps.length > 1 &&
      steps.every((step) => step.status === 'succeeded') &&
      (i % 3 !== 0 || status === 'succeeded'),
  );

/** What the agents that were there before have done in the run. */
const ofOthers = ({ id, output, steps }: RunView) => ({
  id,
  output,
  steps: steps
    .filter(({ agent }) => !ADDED.includes(agent))
    .map(({ path, status, attempts, starts }) => ({ path, status, attempts, starts })),
});
