import { describe, expect, it } from 'vitest';
import type { ReplayRequest } from '#runtime/core/react/decide-event.ts';
import {
  alarmIn,
  emitted,
  external,
  isEndIn,
  on,
  onAll,
  pathsIn,
  Reacting,
  reactionsIn,
  T0,
} from './reacting.ts';

const message = (n: number) => external('message.received', { n }, n);
const search = on('search', 'message.received');
const report = on('report', 'message.received', { perRun: 'serial' });
const QUIETLY: ReplayRequest = { id: 'replay-1', hasEffects: false };
const FOR_REPORT: ReplayRequest = { ...QUIETLY, rule: 'report' };

/** A run that has ended before the rule `report` was there. */
function past(more: ConstructorParameters<typeof Reacting>[0] = []): Reacting {
  const before = new Reacting([search]);
  const begun = reactionsIn(before.on([message(0), message(1)]));
  for (const reaction of begun) before.end(reaction);
  before.look(70);
  expect(before.state.end?.status).toBe('succeeded');
  const now = new Reacting([search, report, ...more]);
  now.state = before.state;
  now.nowMs = T0 + 1_000_000;
  return now;
}

describe('a rule that is fed the past', () => {
  it('reacts to each past event once, in a run that has ended, too, and the other rules do not again', () => {
    const run = past();
    const [first] = reactionsIn(run.on([message(0), message(1)], QUIETLY));
    expect(first).toMatchObject({ rule: 'report', n: 0, replay: QUIETLY });
    const [second] = reactionsIn(run.end(first));
    expect(second).toMatchObject({ rule: 'report', n: 1, replay: QUIETLY });
    expect(pathsIn(run.end(second))).toEqual([]);
    expect(pathsIn(run.on([message(0), message(1)], { ...QUIETLY, id: 'replay-2' }))).toEqual([]);
  });

  it('is the only one when it is named', () => {
    const run = past([on('other', 'message.received')]);
    expect(pathsIn(run.on(message(0), FOR_REPORT))).toEqual(['report@0']);
  });

  it('has as much time as a run has, from now on', () => {
    const run = past();
    const [first] = reactionsIn(run.on(message(0), FOR_REPORT));
    expect(first?.deadlineAt).toBe(new Date(run.nowMs + 3_600_000).toISOString());
  });

  it('takes over from the past without a gap or a double when it goes live meanwhile', () => {
    const run = new Reacting([search]);
    run.on([message(0), message(1)]);
    const now = new Reacting([search, report]);
    now.state = run.state;
    expect(pathsIn(now.on(message(2)))).toEqual(['search@2', 'report@0']);
    now.on([message(0), message(1), message(2)], FOR_REPORT);
    expect(now.state.rules.report?.waiting.map(({ event }) => event.id)).toEqual([
      message(0).id,
      message(1).id,
    ]);
  });

  it('V3: neither ends a run nor keeps it from being quiet', () => {
    const run = new Reacting([search], { completesOn: 'meeting.scheduled' });
    const [first] = reactionsIn(run.on(message(0)));
    run.end(first);
    run.nowMs = T0 + 59_000;
    expect(isEndIn(run.on(external('meeting.scheduled', {}, 1), QUIETLY))).toBe(false);
    expect(isEndIn(run.look(60))).toBe(true);
  });

  it('gives up a join that the past does not complete', () => {
    const join = onAll('book', { a: 'message.received', b: 'never.happened' });
    const run = past([join]);
    const owed = run.on(message(0), { ...QUIETLY, rule: 'book' });
    expect(alarmIn(owed)).toBe(run.nowMs + 30_000);
    const late = run.look((run.nowMs - T0) / 1000 + 30);
    expect(late).toMatchObject([{ kind: 'dropped', why: 'join-expired' }]);
  });

  it('V3: what fails in a replay is no failure of the run', () => {
    const run = new Reacting([report]);
    const [first] = reactionsIn(run.on(message(0), FOR_REPORT));
    const { nowMs } = run;
    if (!first) throw new TypeError('nothing begun');
    const end = emitted('x.y', {}, { replay: 'replay-1' });
    run.on({
      ...end,
      type: 'signalbox.step.failed',
      subject: 'report@0',
      data: {
        agent: 'report-agent',
        durationMs: nowMs - T0,
        failure: { code: 'TERMINAL', name: 'n', message: 'm', retryable: false, fingerprint: 'f' },
      },
    });
    expect(run.state.failed).toBeUndefined();
    expect(run.state.rules.report?.underWay).toEqual([]);
  });
});

describe("V3: what a replay's reactions emit", () => {
  const next = on('next', 'report.written');
  const written = emitted('report.written', {}, { path: 'report@0', replay: 'replay-1' });

  it('causes nothing when the replay has no effects', () => {
    const run = past([next]);
    run.on(message(0), FOR_REPORT);
    const { state } = run;
    expect(run.on(written)).toEqual([]);
    expect(run.state).toEqual(state);
  });

  it('causes reactions of that replay when it has', () => {
    const run = past([next]);
    const replay = { id: 'replay-1', hasEffects: true };
    run.on(message(0), { ...replay, rule: 'report' });
    expect(reactionsIn(run.on(written))).toMatchObject([{ rule: 'next', replay }]);
  });

  it('causes nothing when nobody knows of the replay', () => {
    const run = new Reacting([next]);
    expect(run.on(written)).toEqual([]);
  });
});
