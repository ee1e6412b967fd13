import {
  Choice,
  DistributedMap,
  type IChainable,
  Map as MapState,
  Parallel,
  Pass,
} from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, test } from 'vitest';
import { is, jsonata, ref, render } from '../../infra/constructs/expression.ts';
import type { LettersFlow } from '../support/authoring.ts';
import {
  filed,
  items,
  type Refused,
  refusalOf,
  refuses,
  reply,
  triage,
} from '../support/refusals.ts';

describe('reads that are refused', () => {
  refuses([
    [
      'of a step on another branch',
      (flow) => {
        const step = triage(flow);
        const other = reply(flow);
        const end = filed(flow, other.output.reply);
        return step.next(
          Choice.jsonata(flow.scope, 'IsBill')
            .when(is.equal(step.output.kind, 'bill'), other.next(end))
            .otherwise(end),
        );
      },
      'state "Filed" reads the output of step "reply", which has none on the way triage → IsBill → Filed',
    ],
    [
      'of a step that was caught',
      (flow) => {
        const step = reply(flow);
        const end = filed(flow, step.output.reply);
        step.addCatch(end);
        return step.next(end);
      },
      'reads the output of step "reply", which has none on the way reply → Filed',
      'addCatch(…, { assign: { reply: … } })',
    ],
    [
      'of a later step',
      (flow) => {
        const later = reply(flow);
        return triage(flow, 'triage', later.output.reply).next(later).next(filed(flow));
      },
      'state "triage" reads the output of step "reply", which has none on the way triage',
    ],
    [
      "of the step's own output",
      (flow) => triage(flow, 'triage', jsonata<string>`$triage.sender`).next(filed(flow)),
      'state "triage" reads the output of step "triage"',
    ],
    [
      'of a variable that nothing sets',
      (flow) => triage(flow, 'triage', jsonata<string>`$letter.text`).next(filed(flow)),
      'state "triage" reads $letter, which nothing sets on the way triage',
      'Steps of this workflow: triage',
    ],
    [
      'of a variable whose name only a function inside the expression binds',
      (flow) =>
        triage(
          flow,
          'triage',
          jsonata<string>`($f := function($letter) { $letter }; $letter.text)`,
        ).next(filed(flow)),
      'state "triage" reads $letter',
    ],
    [
      'in a condition',
      (flow) => {
        const later = triage(flow);
        return Choice.jsonata(flow.scope, 'IsBill')
          .when(is.equal(later.output.kind, 'bill'), later.next(filed(flow)))
          .otherwise(Pass.jsonata(flow.scope, 'Nothing'));
      },
      'state "IsBill" reads the output of step "triage"',
    ],
  ]);
});

describe('reads into and out of inner scopes that are refused', () => {
  refuses([
    [
      'of a branch, after its Parallel',
      (flow) => {
        const inside = reply(flow);
        return Parallel.jsonata(flow.scope, 'Both')
          .branch(inside)
          .next(filed(flow, inside.output.reply));
      },
      'state "Filed" reads the output of step "reply", which has none on the way Both → Filed',
    ],
    [
      'of an outer step, in a distributed Map',
      (flow) => {
        const step = triage(flow);
        const each = Pass.jsonata(flow.scope, 'Item', { outputs: render(step.output.kind) });
        const map = DistributedMap.jsonata(flow.scope, 'Each', items('[1]')).itemProcessor(each);
        return step.next(map).next(filed(flow));
      },
      'state "Item" reads the output of step "triage"',
    ],
  ]);
});

describe('what differs between attempts is refused', () => {
  refuses(
    [
      '$random()',
      '$uuid()',
      '$now()',
      '$millis()',
      '$shuffle([1])',
      '$map([1], $random)',
      '$states.context.State.RetryCount',
      '$states.context.State.EnteredTime',
      '$states.context.Execution.StartTime',
      '$string($states.context.State)',
      '$string($states)',
    ].map((source) => {
      return [
        source,
        (flow) => triage(flow, 'triage', ref<string>(source)).next(filed(flow)),
        'state "triage" reads $',
        'a repeat of the step would get another value',
      ] satisfies Refused;
    }),
  );
  refuses([
    [
      'in a plain state',
      (flow) =>
        triage(flow).next(
          Pass.jsonata(flow.scope, 'Stamp', { assign: { at: '{% $now() %}' } }).next(filed(flow)),
        ),
      'state "Stamp" reads $now',
    ],
    [
      'in a catcher',
      (flow) => {
        const step = triage(flow);
        const end = filed(flow);
        step.addCatch(end, { assign: { at: '{% $millis() %}' } });
        return step.next(end);
      },
      'state "triage" reads $millis',
    ],
  ]);
});

describe('what a resumed run has anew, and what nobody may have, is refused', () => {
  const reading = (source: string): Refused[1] => {
    return (flow) => triage(flow, 'triage', ref<string>(source)).next(filed(flow));
  };
  refuses([
    ['the id', reading('$states.context.Execution.Id'), 'a resumed run has another one'],
    ['the name', reading('$states.context.Execution.Name'), 'a resumed run has another one'],
    ['the task token', reading('$states.context.Task.Token'), 'it is a credential'],
    ['the task', reading('$string($states.context.Task)'), 'it is a credential'],
  ]);

  test('but not the name of the state machine', () => {
    expect(refusalOf(reading('$states.context.StateMachine.Name'))).toBe('not refused');
  });
});

describe('branching over what may be stored elsewhere is refused', () => {
  refuses([
    [
      'a field that is not control',
      (flow) => {
        const step = reply(flow);
        return step.next(
          Choice.jsonata(flow.scope, 'IsPolite')
            .when(is.true(step.output.polite), filed(flow))
            .otherwise(Pass.jsonata(flow.scope, 'Rude')),
        );
      },
      'state "IsPolite" branches over $reply.polite',
      'agent "write-reply" marks as control, now none',
      'Add "polite" to `control`',
    ],
    [
      'a whole output',
      (flow) => {
        const step = triage(flow);
        return step.next(
          Choice.jsonata(flow.scope, 'IsBill')
            .when(is.true(jsonata<boolean>`$lookup(${step.output}, "kind") = "bill"`), filed(flow))
            .otherwise(Pass.jsonata(flow.scope, 'Other')),
        );
      },
      'state "IsBill" branches over $triage',
      'now kind, pages, tags, sender',
    ],
    [
      'the items of a Map',
      (flow) => {
        const step = reply(flow);
        const map = MapState.jsonata(flow.scope, 'Each', items('[ $reply.reply ]'));
        return step.next(map.itemProcessor(Pass.jsonata(flow.scope, 'Item'))).next(filed(flow));
      },
      'state "Each" takes its items from $reply.reply',
    ],
  ]);
});

describe('computing with what may be stored elsewhere is refused', () => {
  const computing = (source: string): Refused[1] => {
    return (flow) => {
      const step = reply(flow);
      return step.next(filed(flow, ref<string>(source)));
    };
  };
  refuses(
    [
      '$reply.reply & "!"',
      '$string($reply)',
      '$length($reply.reply)',
      '$reply.reply.first',
      '$reply.reply[0]',
      '$exists($reply.reply[0]) ? "a" : "b"',
      '$reply.reply = "" ? "none" : $reply.reply',
      '{ $reply.reply: "key" }',
      '[$reply.reply]',
      '($r := $reply.reply; $r & "!")',
    ].map((source) => {
      const place = source.includes('($reply)') ? '$reply' : '$reply.reply';
      return [source, computing(source), `state "Filed" computes with ${place}`, 'control'];
    }),
  );
  refuses([
    [
      "in a step's input",
      (flow) => {
        const step = reply(flow);
        return step
          .next(triage(flow, 'triage', ref<string>('$reply.reply & "!"')))
          .next(filed(flow));
      },
      'state "triage" computes with $reply.reply',
      'Add "reply" to `control`',
    ],
  ]);

  test.each([
    ['a field as it is', '$reply.reply'],
    ['a whole output', '$reply'],
    ['a field if it is there', '($exists($reply.reply) ? $reply.reply : "none")'],
    ['a field in an object', '{ "a": $reply.reply, "b": { "c": $reply } }'],
    ['a field if a control field says so', '$triage.kind = "bill" ? $reply.reply : "none"'],
  ])('but not handing on %s', (_what, source) => {
    expect(
      refusalOf((flow) =>
        triage(flow)
          .next(reply(flow))
          .next(filed(flow, ref<string>(source))),
      ),
    ).toBe('not refused');
  });
});

describe('what looks alike and is allowed', () => {
  const allowed: readonly (readonly [string, (flow: LettersFlow) => IChainable])[] = [
    [
      'reading a caught step whose catcher sets a stand-in',
      (flow) => {
        const step = reply(flow);
        const end = filed(flow, step.output.reply);
        step.addCatch(end, { assign: { reply: { reply: 'none', polite: true } } });
        return step.next(end);
      },
    ],
    [
      'reading a step that both branches come after',
      (flow) => {
        const step = triage(flow);
        const end = filed(flow, jsonata<string>`${step.output.kind}`);
        return step.next(
          Choice.jsonata(flow.scope, 'IsBill')
            .when(is.equal(step.output.kind, 'bill'), reply(flow).next(end))
            .otherwise(end),
        );
      },
    ],
    [
      'reading an outer step in an inline Map',
      (flow) => {
        const step = triage(flow);
        const each = Pass.jsonata(flow.scope, 'Item', { outputs: render(step.output.kind) });
        const map = MapState.jsonata(flow.scope, 'Each', items('$triage.tags')).itemProcessor(each);
        return step.next(map).next(filed(flow));
      },
    ],
    [
      'variables that an expression binds itself',
      (flow) =>
        triage(flow, 'triage', jsonata<string>`($t := ${flow.input.text}; $t & "!")`).next(
          filed(flow),
        ),
    ],
    [
      'a cycle of plain states',
      (flow) => {
        const count = Pass.jsonata(flow.scope, 'Next', { assign: { n: '{% $n + 1 %}' } });
        const start = Pass.jsonata(flow.scope, 'Start', { assign: { n: 0 } });
        const again = Choice.jsonata(flow.scope, 'Again')
          .when(is.true(jsonata<boolean>`$n < 3`), count)
          .otherwise(filed(flow));
        return start.next(count).next(again);
      },
    ],
  ];
  test.each(allowed)('%s', (_what, definition) => {
    expect(refusalOf(definition)).toBe('not refused');
  });
});
