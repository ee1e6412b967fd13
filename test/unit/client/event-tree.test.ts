import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EventNode, eventTree } from '#runtime/client/event-tree.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { newEvent } from '#runtime/core/event.ts';
import {
  accepted,
  failedWith,
  failure,
  RUN,
  resumed,
  shortStory,
  started,
  step,
  T0,
  told,
} from '../../support/story.ts';

/** Type without its first part, and step. */
const nameOf = ({ type, subject }: SignalboxEvent): string =>
  `${type.replace('signalbox.', '')}${subject === undefined ? '' : ` ${subject}`}`;

type Told = readonly [string, ...Told[]];
const shapeOf = ({ event, caused }: EventNode): Told => [nameOf(event), ...caused.map(shapeOf)];
const shapes = (events: readonly SignalboxEvent[]): Told[] => eventTree(events).map(shapeOf);

/** What is above an event, the nearest first. */
function causesOf(events: readonly SignalboxEvent[], of: string): string[] {
  const find = (node: EventNode, above: readonly string[]): string[] | undefined =>
    nameOf(node.event) === of
      ? [...above]
      : node.caused.map((child) => find(child, [nameOf(node.event), ...above])).find(Boolean);
  return (
    eventTree(events)
      .map((root) => find(root, []))
      .find(Boolean) ?? ['not in the tree']
  );
}

const scope = {
  source: 'signalbox/api',
  run: RUN,
  root: RUN,
  gen: 0,
  tenant: 'default',
  workflow: 'chat',
  fence: 0,
};

describe('the tree of a workflow run', () => {
  test('leads from the acceptance through every step to the end', () => {
    expect(shapes(shortStory())).toEqual([
      [
        'run.accepted',
        [
          'run.started',
          [
            'step.queued intent',
            [
              'step.started intent',
              [
                'step.succeeded intent',
                [
                  'step.queued answer',
                  [
                    'step.started answer',
                    ['call.succeeded answer'],
                    ['step.succeeded answer', ['run.succeeded']],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ]);
  });

  test('puts a retry below the failure before it', () => {
    const [first, second] = [step('answer'), step('answer', 1)];
    const why = failure('TIMEOUT', 'Agent.Retryable');
    const events = [
      accepted(),
      started(10),
      first.queued(20),
      first.claimed(30),
      first.retried(40, why),
      second.queued(20),
      second.claimed(60),
    ];
    expect(shapes(events)).toEqual([
      [
        'run.accepted',
        [
          'run.started',
          [
            'step.queued answer',
            [
              'step.started answer',
              ['step.retried answer', ['step.queued answer', ['step.started answer']]],
            ],
          ],
        ],
      ],
    ]);
  });
});

describe('the tree of a run whose steps wait or fan out', () => {
  test('puts a start below the deferral that it follows', () => {
    const answer = step('answer');
    const events = [
      answer.queued(0),
      answer.claimed(10),
      answer.deferred(20),
      answer.claimed(90, 2),
    ];
    expect(shapes(events)).toEqual([
      [
        'step.queued answer',
        ['step.started answer', ['step.deferred answer', ['step.started answer']]],
      ],
    ]);
  });

  test('looks for the step before an item of a map outside of the other items', () => {
    const [plan, one, other] = [step('plan'), step('read[0]/page'), step('read[1]/page')];
    const next = step('read[1]/sum');
    const events = [
      ...[plan.queued(0), plan.claimed(1), plan.succeeded(2)],
      ...[one.queued(3), one.claimed(4), one.succeeded(5)],
      ...[other.queued(6), other.claimed(7), other.succeeded(8)],
      ...[next.queued(9)],
    ];
    expect(causesOf(events, 'step.queued read[1]/page')[0]).toBe('step.succeeded plan');
    expect(causesOf(events, 'step.queued read[1]/sum')[0]).toBe('step.succeeded read[1]/page');
  });
});

describe('the tree of a run that was resumed, waited or redriven', () => {
  test('puts a generation below the end of the one before', () => {
    const events = [accepted(), failedWith(50, 'Agent.Terminal'), resumed(90, 1)];
    expect(causesOf(events, 'run.failed')).toEqual(['run.accepted']);
    expect(shapes(events)).toEqual([['run.accepted', ['run.failed', ['run.accepted']]]]);
  });

  test('leads from the wait of a step over question and decision to its end', () => {
    const at = { path: 'approve' };
    const until = new Date(T0 + 1000).toISOString();
    const events = [
      told('signalbox.step.queued', 1, { agent: 'platform', attempt: 1 }, at),
      told('signalbox.step.waiting', 2, { agent: 'platform', for: 'approval', until }, at),
      told('signalbox.approval.requested', 2, { title: 'Pay?', options: ['yes'], until }, at),
      told('signalbox.approval.decided', 500, { decision: 'yes', by: 'ann' }, at),
      told(
        'signalbox.step.succeeded',
        501,
        { agent: 'platform', durationMs: 499 },
        { ...at, fence: 1 },
      ),
    ];
    expect(causesOf(events, 'step.succeeded approve')).toEqual([
      'approval.decided approve',
      'approval.requested approve',
      'step.waiting approve',
      'step.queued approve',
    ]);
  });

  test('puts what was parked below its end, and its redrive below that', () => {
    const answer = step('answer');
    const why = failure('DEAD_LETTERED', 'Agent.DeadLettered');
    const letter = { deadLetter: 'letter-1', agent: 'do-answer' };
    const parked = { ...letter, code: 'DEAD_LETTERED', cause: 'it died' };
    const at = { path: 'answer', fence: 1 };
    const events = [
      answer.queued(0),
      answer.failed(10, why),
      told('signalbox.dead_letter.parked', 10, parked, at),
      told('signalbox.dead_letter.redriven', 90, letter, { path: 'answer', attempt: '1.0' }),
      told(
        'signalbox.step.queued',
        90,
        { agent: 'a', attempt: 2 },
        { ...at, fence: 0, attempt: '1.0' },
      ),
    ];
    expect(shapes(events)).toEqual([
      [
        'step.queued answer',
        [
          'step.failed answer',
          ['dead_letter.parked answer', ['dead_letter.redriven answer', ['step.queued answer']]],
        ],
      ],
    ]);
  });
});

const message = (id: string, atMs: number): SignalboxEvent => ({
  ...newEvent(scope, { type: 'user.message.received', atMs: T0 + atMs, data: {} }),
  id,
  origin: id,
  hops: 0,
});
/** A reaction that emits one event. */
function reaction(path: string, cause: string, atMs: number, emits: string): SignalboxEvent[] {
  const place = {
    ...scope,
    workflow: 'chat',
    step: { path, attempt: '0.0' },
    reaction: { cause, origin: 'm-1', hops: 1 },
  };
  const at = (type: string, fence: number, ms: number, data: unknown) =>
    newEvent({ ...place, fence }, { type, atMs: T0 + ms, data });
  return [
    at('signalbox.step.queued', 0, atMs, { agent: 'a', attempt: 1 }),
    at('signalbox.step.started', 1, atMs + 1, { agent: 'a', start: 1 }),
    { ...at(emits, 1, atMs + 2, {}), id: `${path}/${emits}` },
    at('signalbox.step.succeeded', 1, atMs + 3, { agent: 'a', durationMs: 2 }),
  ];
}
const conversation = [
  accepted(),
  message('m-1', 1),
  ...reaction('extract@0', 'm-1', 10, 'user.intent.identified'),
  ...reaction('search@0', 'extract@0/user.intent.identified', 20, 'listings.found'),
  message('m-2', 15),
  ...reaction('extract@1', 'm-2', 30, 'user.intent.identified'),
];

describe('the tree of a reactive run', () => {
  test('begins with every event from outside, and leads from event to reaction to event', () => {
    expect(shapes(conversation)).toEqual([
      ['run.accepted'],
      [
        'user.message.received',
        [
          'step.queued extract@0',
          [
            'step.started extract@0',
            [
              'user.intent.identified extract@0',
              [
                'step.queued search@0',
                ['step.started search@0', ['listings.found search@0'], ['step.succeeded search@0']],
              ],
            ],
            ['step.succeeded extract@0'],
          ],
        ],
      ],
      [
        'user.message.received',
        [
          'step.queued extract@1',
          [
            'step.started extract@1',
            ['user.intent.identified extract@1'],
            ['step.succeeded extract@1'],
          ],
        ],
      ],
    ]);
  });

  test('gives a reaction whose cause is not known a place of its own', () => {
    const late = reaction('search@0', 'of another run', 20, 'listings.found');
    expect(shapes([accepted(), started(1), ...late]).map(([root]) => root)).toEqual([
      'run.accepted',
      'step.queued search@0',
    ]);
  });

  test('puts what was dropped or parked below the event concerned', () => {
    const dropped = told('signalbox.reaction.dropped', 99, {
      rule: 'search',
      why: 'hops',
      events: ['m-1', 'm-2'],
      message: '',
    });
    const parked = told('signalbox.event.parked', 99, {
      consumer: 'project-events',
      event: 'm-1',
      type: 'user.message.received',
      code: 'X',
      cause: '',
    });
    expect(causesOf([...conversation, dropped], 'reaction.dropped')).toEqual([
      'user.message.received',
    ]);
    expect(causesOf([...conversation, parked], 'event.parked')).toEqual(['user.message.received']);
  });
});

describe('any set of events', () => {
  const idsOf = (nodes: readonly EventNode[]): string[] =>
    nodes.flatMap(({ event, caused }) => [event.id, ...idsOf(caused)]);
  const story = [
    ...shortStory(),
    ...['a', 'b', 'c'].flatMap((name) => [
      // All in one instant, as clocks may tell it.
      step(name).queued(500),
      step(name).claimed(500),
      step(name).succeeded(500),
    ]),
  ];

  test('T1: is in the tree, each event once', () => {
    fc.assert(
      fc.property(fc.subarray(story), (some) => {
        expect(idsOf(eventTree(some)).sort()).toEqual(some.map(({ id }) => id).sort());
      }),
    );
  });

  test('T2: gives the same tree in any order and with doubles', () => {
    const all = eventTree(story);
    fc.assert(
      fc.property(fc.shuffledSubarray(story, { minLength: story.length }), (shuffled) => {
        expect(eventTree([...shuffled, ...shuffled.slice(0, 3)])).toEqual(all);
      }),
    );
  });
});
