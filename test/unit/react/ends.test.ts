import { describe, expect, it } from 'vitest';
import {
  alarmIn,
  dropsIn,
  emitted,
  external,
  isEndIn,
  on,
  onAll,
  pathsIn,
  Reacting,
  reactionsIn,
  record,
  T0,
} from './reacting.ts';

const message = (n: number) => external('message.received', { n }, n);
const at = (seconds: number): number => T0 + seconds * 1000;
const search = on('search', 'message.received');
const remember = on('remember', 'message.received', { perRun: 'serial' });

describe('the event that completes a run', () => {
  it('ends it as succeeded, with its data as the output', () => {
    const run = new Reacting([search], { completesOn: 'meeting.scheduled' });
    run.on(message(0));
    const scheduled = emitted('meeting.scheduled', { slot: 4 }, { path: 'search@0' });
    expect(isEndIn(run.on(scheduled))).toBe(true);
    expect(run.state.end).toMatchObject({ status: 'succeeded', output: { id: scheduled.id } });
  });

  it('causes no reaction itself', () => {
    const run = new Reacting([on('thank', 'meeting.scheduled')], {
      completesOn: 'meeting.scheduled',
    });
    expect(pathsIn(run.on(external('meeting.scheduled', {})))).toEqual([]);
  });

  it('E2: lets what is under way be, and tells of what waits', () => {
    const join = onAll('book', { found: 'homes.found', lead: 'lead.qualified' });
    const run = new Reacting([remember, join], { completesOn: 'meeting.scheduled' });
    run.on([message(0), message(1), emitted('homes.found', {})]);
    const owed = run.on(external('meeting.scheduled', {}, 9));
    expect(dropsIn(owed).map(({ rule, why }) => [rule, why])).toEqual([
      ['remember', 'not-begun'],
      ['book', 'not-begun'],
    ]);
    expect(run.state.rules.remember?.underWay).toEqual([0]);
  });

  it('E1, V2: is the last thing that happens: later events change nothing, a second end least of all', () => {
    const run = new Reacting([search, remember], { completesOn: 'meeting.scheduled' });
    const [, reaction] = reactionsIn(run.on([message(0), message(1)]));
    run.on(external('meeting.scheduled', { slot: 1 }, 3));
    const { state } = run;
    const late = [
      emitted('message.received', { n: 2 }),
      external('meeting.scheduled', { slot: 2 }, 4),
    ];
    expect(run.on(late)).toEqual([]);
    expect(run.state).toEqual(state);
    expect(isEndIn(run.look(10_000))).toBe(false);
    expect(pathsIn(run.end(reaction))).toEqual([]);
  });
});

describe('an event from outside that was taken, and comes when its run has ended', () => {
  it('E4: is told once by every rule that would have reacted, and causes nothing', () => {
    const run = new Reacting([search, remember], { completesOn: 'meeting.scheduled' });
    run.on(message(0));
    run.on(external('meeting.scheduled', { slot: 1 }, 3));
    const late = message(4);
    const owed = run.on([late, late]);
    expect(dropsIn(owed)).toMatchObject([
      { rule: 'search', n: 1, why: 'not-begun', events: [late.id] },
      { rule: 'remember', n: 1, why: 'not-begun', events: [late.id] },
    ]);
    expect(pathsIn(owed)).toEqual([]);
    expect(run.on(late)).toEqual([]);
  });
});

describe('a quiet run', () => {
  it('E3: ends as succeeded, without an output, once nothing is under way and nothing comes', () => {
    const run = new Reacting([search]);
    const [reaction] = reactionsIn(run.on(message(0)));
    expect(isEndIn(run.look(61))).toBe(false);
    run.end(reaction);
    expect(isEndIn(run.look(120))).toBe(false);
    expect(isEndIn(run.look(121))).toBe(true);
    expect(run.state.end).toEqual({ status: 'succeeded', atMs: at(121) });
  });

  it('is kept going by every event, those that no rule is about included', () => {
    const run = new Reacting([]);
    run.on(message(0));
    run.nowMs = at(50);
    run.on(message(1));
    expect(isEndIn(run.look(109))).toBe(false);
    expect(isEndIn(run.look(110))).toBe(true);
  });

  it('has failed when a reaction has failed for good, and says which', () => {
    const run = new Reacting([search]);
    const [first, second] = reactionsIn(run.on([message(0), message(1)]));
    run.end(second, false);
    run.end(first, false);
    run.look(60);
    expect(run.state.end).toMatchObject({ status: 'failed' });
    expect(run.state.end?.error?.name).toBe('Agent.ReactionFailed');
    expect(JSON.parse(run.state.end?.error?.cause ?? '')).toEqual({
      path: 'search@1',
      code: 'TERMINAL',
      message: 'it cannot be done',
    });
  });

  it('has succeeded when the reaction that had failed was redriven and succeeded', () => {
    const run = new Reacting([search]);
    const [first] = reactionsIn(run.on(message(0)));
    run.end(first, false);
    run.end(first);
    run.look(60);
    expect(run.state.end?.status).toBe('succeeded');
  });

  it('has succeeded when it was completed, whatever has failed', () => {
    const run = new Reacting([search], { completesOn: 'meeting.scheduled' });
    const [first] = reactionsIn(run.on(message(0)));
    run.end(first, false);
    run.on(external('meeting.scheduled', {}, 1));
    expect(run.state.end?.status).toBe('succeeded');
  });
});

describe('a run that should have ended', () => {
  it('expires 5 seconds after its deadline, whatever is under way', () => {
    const run = new Reacting([search, remember]);
    run.on([message(0), message(1)]);
    expect(isEndIn(run.look(3604))).toBe(false);
    const owed = run.look(3605);
    expect(isEndIn(owed)).toBe(true);
    expect(dropsIn(owed)).toMatchObject([{ rule: 'remember', why: 'not-begun' }]);
    expect(run.state.end?.error?.name).toBe('Agent.DeadlineExceeded');
  });

  it('is stopped by the order on its record, with its reason', () => {
    const run = new Reacting([search]);
    run.on(message(0));
    const stop = { at: new Date(at(3)).toISOString(), reason: 'enough' };
    expect(isEndIn(run.look(4, { ...record, stop }))).toBe(true);
    expect(run.state.end).toMatchObject({ status: 'stopped', error: { name: 'Agent.Stopped' } });
    expect(run.state.end?.error?.cause).toContain('enough');
  });

  it('is stopped before its first event, too', () => {
    const run = new Reacting([search]);
    const stop = { at: new Date(at(3)).toISOString(), reason: '' };
    expect(isEndIn(run.look(4, { ...record, stop }))).toBe(true);
    expect(pathsIn(run.on(message(0)))).toEqual([]);
  });
});

describe('L2: the next look', () => {
  it('is ordered for the deadline while something is under way', () => {
    const run = new Reacting([search]);
    expect(alarmIn(run.on(message(0)))).toBe(at(3605));
  });

  it('is ordered for the end of the quiet time once nothing is, and not again while it is on its way', () => {
    const run = new Reacting([search]);
    const [first, second] = reactionsIn(run.on([message(0), message(1)]));
    expect(alarmIn(run.end(first))).toBeNull();
    expect(alarmIn(run.end(second))).toBe(at(60));
    run.nowMs = at(10);
    expect(alarmIn(run.on(external('other.thing', {}, 5)))).toBeNull();
  });

  it('is ordered anew when it comes while the run has not been quiet for long enough', () => {
    const run = new Reacting([]);
    expect(alarmIn(run.on(message(0)))).toBe(at(60));
    run.nowMs = at(40);
    run.on(message(1));
    expect(alarmIn(run.look(60))).toBe(at(100));
    expect(alarmIn(run.look(61))).toBeNull();
  });

  it('is ordered for the end of a join, if that comes first', () => {
    const run = new Reacting([onAll('book', { a: 'message.received', b: 'other.thing' })]);
    expect(alarmIn(run.on(message(0)))).toBe(at(30));
    expect(alarmIn(run.look(30))).toBe(at(60));
  });

  it('is not ordered any more when the run has ended', () => {
    const run = new Reacting([search]);
    run.on(message(0));
    expect(alarmIn(run.look(3605))).toBeNull();
    expect(run.look(3606)).toEqual([]);
  });
});
