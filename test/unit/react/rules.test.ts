import { describe, expect, it } from 'vitest';
import { isMet } from '#runtime/core/react/event-rule.ts';
import {
  dropsIn,
  emitted,
  external,
  on,
  onAll,
  pathsIn,
  Reacting,
  reactionsIn,
} from './reacting.ts';

const message = (n: number, data: object = { n }) => external('message.received', data, n);

describe('isMet', () => {
  it.each([
    [{}, { a: 1 }, true],
    [{}, 'text', true],
    [{ visit: true }, { visit: true, more: 1 }, true],
    [{ visit: true }, { visit: 'true' }, false],
    [{ visit: true }, {}, false],
    [{ note: null }, { note: null }, true],
    [{ note: null }, {}, false],
    [{ toString: 'x' }, {}, false],
    [{ n: 1 }, null, false],
    [{ n: 1, kind: 'a' }, { n: 1, kind: 'b' }, false],
  ] as const)('where %j, data %j: %s', (where, data, met) => {
    expect(isMet({ type: 'a.b', where }, { type: 'a.b', data })).toBe(met);
  });

  it('is about one type', () => {
    expect(isMet({ type: 'a.b', where: {} }, { type: 'a.c', data: {} })).toBe(false);
  });
});

describe('a rule that reacts to each event on its own', () => {
  it('begins a reaction per event, numbered as they come, with the event as its cause', () => {
    const run = new Reacting([on('search', 'message.received')]);
    expect(pathsIn(run.on([message(0), message(1)]))).toEqual(['search@0', 'search@1']);
    const [third] = reactionsIn(run.on(message(2)));
    expect(third).toMatchObject({ agent: 'search-agent', maxAttempts: 4, n: 2, hops: 1 });
    expect(third?.cause).toBe(message(2).id);
    expect(third?.origin).toBe(message(2).id);
  });

  it('X1: begins nothing for an event that it has seen', () => {
    const run = new Reacting([on('search', 'message.received')]);
    run.on(message(0));
    expect(pathsIn(run.on([message(0), message(0)]))).toEqual([]);
  });

  it('carries origin and hops on', () => {
    const run = new Reacting([on('rate', 'homes.found')]);
    const found = emitted('homes.found', {}, { cause: message(0), hops: 3 });
    expect(reactionsIn(run.on(found))).toMatchObject([{ origin: message(0).id, hops: 4 }]);
  });

  it('drops, and tells once, what would be more in a row than the budget allows', () => {
    const run = new Reacting([on('rate', 'homes.found')], { hopBudget: 2 });
    const within = emitted('homes.found', {}, { hops: 1, n: 1 });
    const beyond = emitted('homes.found', {}, { hops: 2, n: 2 });
    expect(pathsIn(run.on(within))).toEqual(['rate@0']);
    const owed = run.on(beyond);
    expect(pathsIn(owed)).toEqual([]);
    expect(dropsIn(owed)).toMatchObject([{ rule: 'rate', n: 1, why: 'hops', events: [beyond.id] }]);
    expect(dropsIn(run.on(beyond))).toEqual([]);
  });

  it('reacts a thousand times at most, and tells once that it reacts no more', () => {
    const run = new Reacting([on('search', 'message.received'), on('rate', 'message.received')]);
    const all = Array.from({ length: 500 }, (_, n) => message(n));
    expect(pathsIn(run.on(all))).toHaveLength(1000);
    const owed = run.on(message(500));
    expect(pathsIn(owed)).toEqual([]);
    expect(dropsIn(owed)).toMatchObject([{ why: 'run-full', events: [message(500).id] }]);
    expect(dropsIn(run.on(message(501)))).toEqual([]);
  });
});

describe('a serial rule', () => {
  const serial = on('remember', 'message.received', {
    perRun: 'serial',
    previous: { known: 'memory.kept' },
  });

  it('X2: begins the next reaction with the end of the one before', () => {
    const run = new Reacting([serial]);
    const begun = reactionsIn(run.on([message(0), message(1), message(2)]));
    expect(begun.map(({ n }) => n)).toEqual([0]);
    const second = reactionsIn(run.end(begun[0]));
    expect(second.map(({ cause }) => cause)).toEqual([message(1).id]);
    expect(pathsIn(run.end(second[0], false))).toEqual(['remember@2']);
  });

  it('X2: lets those that wait begin in the order of their events, not of their arrival', () => {
    const run = new Reacting([serial]);
    const [first] = reactionsIn(run.on([message(0), message(3), message(1)]));
    const [next] = reactionsIn(run.end(first));
    expect(next?.cause).toBe(message(1).id);
  });

  it('S1: takes the end of a reaction once', () => {
    const run = new Reacting([serial]);
    const [first] = reactionsIn(run.on([message(0), message(1), message(2)]));
    run.end(first);
    const { state } = run;
    run.nowMs += 5000;
    expect(run.end(first)).toEqual([]);
    expect(run.state).toEqual(state);
  });

  it('shows a reaction the newest event of a type as of its beginning, null while there is none', () => {
    const run = new Reacting([serial]);
    const [first] = reactionsIn(run.on([message(0), message(1)]));
    expect(first?.fields).toEqual({ known: null });
    const kept = [1, 2].map((n) => emitted('memory.kept', { n }, { path: 'remember@0', n }));
    run.on(kept.toReversed());
    const [second] = reactionsIn(run.end(first));
    expect(second?.fields.known).toMatchObject({ id: kept[1]?.id });
  });

  it('never shows a reaction its own event as the one before', () => {
    const twice = on('compare', 'message.received', { previous: { before: 'message.received' } });
    const run = new Reacting([twice]);
    const [first, second] = reactionsIn(run.on([message(0), message(1)]));
    expect(first?.fields).toEqual({ before: null });
    expect(second?.fields.before).toMatchObject({ id: message(0).id });
  });

  it('tells of what waits when the rule is taken away', () => {
    const run = new Reacting([serial]);
    const [first] = reactionsIn(run.on([message(0), message(1)]));
    const later = new Reacting([]);
    later.state = run.state;
    const owed = later.end(first);
    expect(dropsIn(owed)).toMatchObject([{ n: 1, why: 'not-begun', events: [message(1).id] }]);
    expect(later.state.rules.remember).toMatchObject({ underWay: [], waiting: [] });
  });
});

describe('a rule that keeps the newest only', () => {
  const latest = on('draft', 'message.received', { perRun: 'latest' });

  it('X3: of those that wait only the newest begins, and the others are told of', () => {
    const run = new Reacting([latest]);
    const owed = run.on([0, 1, 2, 3].map((n) => message(n)));
    expect(pathsIn(owed)).toEqual(['draft@0']);
    expect(dropsIn(owed).map(({ n, why }) => [n, why])).toEqual([
      [1, 'superseded'],
      [2, 'superseded'],
    ]);
    const [first] = reactionsIn(owed);
    expect(reactionsIn(run.end(first)).map(({ cause }) => cause)).toEqual([message(3).id]);
  });

  it('X3: an older event that comes late is superseded, while the newer one works and after', () => {
    const run = new Reacting([latest]);
    const [newer] = reactionsIn(run.on(message(5)));
    expect(dropsIn(run.on(message(3)))).toMatchObject([{ why: 'superseded' }]);
    run.end(newer);
    expect(dropsIn(run.on(message(4)))).toMatchObject([{ why: 'superseded' }]);
    expect(pathsIn(run.on(message(6)))).toEqual(['draft@3']);
  });
});

describe('a join', () => {
  const types = { found: 'homes.found', lead: 'lead.qualified' };
  const found = (n: number, cause = message(0)) => emitted('homes.found', { n }, { n, cause });
  const lead = (n: number, cause = message(0)) =>
    emitted('lead.qualified', { n }, { n, cause, path: 'qualify@0' });

  it('J1: fires when all have happened, in any order, and never again', () => {
    const run = new Reacting([onAll('book', types)]);
    expect(pathsIn(run.on(lead(1)))).toEqual([]);
    const [fired] = reactionsIn(run.on(found(0)));
    expect(fired).toMatchObject({ rule: 'book', n: 0, cause: found(0).id, hops: 2 });
    expect(fired?.fields).toMatchObject({ found: { id: found(0).id }, lead: { id: lead(1).id } });
    expect(fired?.event).toBeUndefined();
    expect(pathsIn(run.on([found(0), lead(1), found(2), lead(3)]))).toEqual([]);
  });

  it('J1: fires for each origin with what follows from that one', () => {
    const run = new Reacting([onAll('book', types, { per: 'origin' })]);
    const [one, two] = [message(1), message(2)];
    expect(pathsIn(run.on([found(1, one), lead(2, two)]))).toEqual([]);
    expect(reactionsIn(run.on(lead(3, one)))).toMatchObject([{ n: 0, origin: one.id }]);
    expect(reactionsIn(run.on(found(4, two)))).toMatchObject([{ n: 1, origin: two.id }]);
  });

  it('J2: takes the newest of several events of one type, whichever comes first', () => {
    for (const order of [
      [found(1), found(2)],
      [found(2), found(1)],
    ]) {
      const run = new Reacting([onAll('book', types)]);
      run.on(order);
      const [fired] = reactionsIn(run.on(lead(0)));
      expect(fired?.fields.found).toMatchObject({ id: found(2).id });
    }
  });

  it('has one reaction more behind it than the farthest of its events', () => {
    const run = new Reacting([onAll('book', types)], { hopBudget: 3 });
    run.on(emitted('homes.found', {}, { hops: 3 }));
    expect(dropsIn(run.on(lead(1)))).toMatchObject([{ rule: 'book', why: 'hops' }]);
    expect(pathsIn(run.on(lead(2)))).toEqual([]);
  });

  it('J3: is given up when its time is over, told once, and stays given up', () => {
    const run = new Reacting([onAll('book', types)]);
    run.on([message(0), found(0)]);
    expect(dropsIn(run.look(29))).toEqual([]);
    const owed = run.look(30);
    expect(dropsIn(owed)).toMatchObject([{ n: 0, why: 'join-expired', events: [found(0).id] }]);
    expect(dropsIn(run.look(31))).toEqual([]);
    expect(pathsIn(run.on([lead(1), found(2)]))).toEqual([]);
  });

  it('leaves out what a former release of the rule has collected', () => {
    const run = new Reacting([onAll('book', { ...types, old: 'x.y' })]);
    run.on([found(0), emitted('x.y', {}, { n: 7 })]);
    const later = new Reacting([onAll('book', types)]);
    later.state = run.state;
    const [fired] = reactionsIn(later.on(lead(1)));
    expect(Object.keys(fired?.fields ?? {})).toEqual(['found', 'lead']);
  });
});
