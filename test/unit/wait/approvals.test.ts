import { describe, expect, test } from 'vitest';
import { lambdaContext, restEvent } from '../../support/rest-event.ts';
import { askedWorld as asked, eventWait, RUN, WaitWorld } from '../../support/wait-world.ts';

const HOUR_MS = 3_600_000;

describe('an approval', () => {
  test('is asked for: the run waits, says for what, and its deadline moves by as much', async () => {
    const { world, message } = await asked();
    expect(world.types).toEqual([
      'run.accepted',
      'step.queued',
      'step.waiting',
      'approval.requested',
    ]);
    expect(world.answerTo(message)).toBeNull();
    const until = '2026-01-01T01:00:00.000Z';
    expect(world.view()).toMatchObject({
      status: 'waiting',
      deadlineAt: '2026-01-01T02:00:00.000Z',
      sentence: `waiting: publish waits for approval of 'Publish this report?' until ${until}`,
      steps: [
        {
          path: 'publish',
          agent: 'platform',
          status: 'waiting',
          wait: {
            for: 'approval',
            title: 'Publish this report?',
            until,
            show: { report: 'Trains run late.' },
          },
        },
      ],
    });
    expect(await world.record()).toMatchObject({ deadlineAt: '2026-01-01T02:00:00.000Z' });
  });

  test('is answered with the decision, who made it and why; what was not waited goes from the deadline', async () => {
    const { world, message } = await asked();
    await world.api.system.advance(HOUR_MS / 2);
    const { status, body } = await world.decide({ decision: 'approve', note: 'fine', by: 'ann' });
    expect(status).toBe(200);
    expect(body).toEqual({
      run: RUN,
      step: 'publish',
      decision: 'approve',
      by: 'ann',
      note: 'fine',
      at: '2026-01-01T00:30:00.000Z',
    });
    expect(world.answerTo(message)).toEqual({
      kind: 'succeeded',
      output: { decision: 'approve', by: 'ann', note: 'fine' },
    });
    expect(world.types.slice(4)).toEqual(['approval.decided', 'step.succeeded']);
    expect(await world.record()).toMatchObject({ deadlineAt: '2026-01-01T01:30:00.000Z' });
    expect(world.view()).toMatchObject({
      status: 'running',
      deadlineAt: '2026-01-01T01:30:00.000Z',
      steps: [{ status: 'succeeded', deferredMs: HOUR_MS / 2, wait: { decided: { by: 'ann' } } }],
    });
    expect(await world.open()).toEqual([]);
  });
});

describe('a decision', () => {
  test('R3: is decided once: the same decision again changes nothing, another one is refused', async () => {
    const { world, message } = await asked();
    await world.decide({ decision: 'reject', by: 'ann' });
    const before = world.events.length;
    expect(await world.decide({ decision: 'reject', by: 'bob' })).toMatchObject({
      status: 200,
      body: { decision: 'reject', by: 'ann' },
    });
    expect(await world.decide({ decision: 'approve', by: 'bob' })).toMatchObject({
      status: 409,
      body: { type: 'https://signalbox.dev/problems/approval-decided' },
    });
    expect(world.events).toHaveLength(before);
    expect(world.answerTo(message)).toMatchObject({ output: { decision: 'reject' } });
  });

  test('is refused when it comes too late, also once its end was told', async () => {
    const { world, message } = await asked();
    await world.api.system.advance(HOUR_MS);
    const late = () => world.decide({ decision: 'approve' });
    const tooLate = {
      status: 409,
      body: { type: 'https://signalbox.dev/problems/approval-expired' },
    };
    expect(await late()).toMatchObject(tooLate);
    world.close(message);
    await world.api.system.advance(20_000);
    await world.api.reconcile();
    expect(world.types.at(-1)).toBe('step.expired');
    expect(world.view()).toMatchObject({ status: 'running', steps: [{ status: 'expired' }] });
    expect(await late()).toMatchObject(tooLate);
    expect(await world.open()).toEqual([]);
  });

  test('names the options when the decision is none of them', async () => {
    const { world } = await asked();
    expect(await world.decide({ decision: 'maybe' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'decision', problem: 'got "maybe"; allowed: approve, reject' }] },
    });
  });

  test.each([['publish'], ['other'], ['a b/%']])(
    'is unknown at %j before it is asked for',
    async (path) => {
      const world = new WaitWorld();
      await world.accept();
      expect(await world.decide({ decision: 'approve' }, { path })).toMatchObject({
        status: 404,
        body: { type: 'https://signalbox.dev/problems/approval-unknown' },
      });
    },
  );

  test('is unknown where the step waits for an event', async () => {
    const { world } = await asked(eventWait());
    expect((await world.decide({ decision: 'approve' })).status).toBe(404);
  });

  test('takes the principal that signed the request for the decider, whatever the body says', async () => {
    const { world } = await asked();
    const arn = 'arn:aws:iam::123456789012:user/ann';
    const event = restEvent({
      method: 'POST',
      path: `/runs/${RUN}/approvals/publish`,
      body: JSON.stringify({ decision: 'approve', by: 'mallory' }),
    });
    event.requestContext.identity.userArn = arn;
    const { statusCode, body } = await world.api.handler(event, lambdaContext);
    expect(statusCode).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ by: arn });
  });
});
