import { describe, expect, test } from 'vitest';
import { readStateMachine } from '#runtime/testing/read-state-machine.ts';
import { machine, task } from '../../support/machines.ts';

const one = (state: unknown) => machine('x', { x: state });

describe('readStateMachine', () => {
  test('takes what the interpreter knows', () => {
    const definition = one(task('x', { End: true, Comment: 'fine' }));
    expect(readStateMachine(definition)).toBe(definition);
  });

  test.each([
    ['no object', 'text', 'the definition is "text"'],
    ['no states', {}, 'the States of the definition is undefined'],
    ['an unknown type', one({ Type: 'Loop' }), 'state "x" has the type "Loop"'],
    ['a heartbeat', one(task('x', { HeartbeatSeconds: 5, End: true })), 'HeartbeatSeconds'],
    ['JSONPath', one({ Type: 'Pass', ResultPath: '$.x', End: true }), 'ResultPath'],
    ['another language', { ...one({ Type: 'Succeed' }), QueryLanguage: 'JSONPath' }, '"JSONPath"'],
    [
      'a timeout of the machine',
      { ...one({ Type: 'Succeed' }), TimeoutSeconds: 5 },
      'TimeoutSeconds',
    ],
    [
      'another resource',
      one(task('x', { Resource: 'arn:aws:states:::lambda:invoke', End: true })),
      'lambda:invoke',
    ],
    [
      'a distributed map',
      one({
        Type: 'Map',
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...one({ Type: 'Succeed' }) },
        End: true,
      }),
      'DISTRIBUTED',
    ],
    [
      'something unknown inside a map',
      one({ Type: 'Map', ItemProcessor: one({ Type: 'Loop' }), End: true }),
      '"Loop"',
    ],
    ['a start that is not there', machine('y', { x: { Type: 'Succeed' } }), 'leads to "y"'],
    ['a next state that is not there', one({ Type: 'Pass', Next: 'y' }), 'leads to "y"'],
    [
      'a catcher into nowhere',
      one(task('x', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'y' }], End: true })),
      'leads to "y"',
    ],
  ])('refuses %s, by name', (_what, json, named) => {
    expect(() => readStateMachine(json)).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        message: expect.stringContaining(named),
      }),
    );
  });
});
