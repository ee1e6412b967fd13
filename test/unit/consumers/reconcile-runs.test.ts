import { describe, expect, it } from 'vitest';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryExecutionReader } from '#runtime/adapters/memory/execution-reader.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { publishRunStatus } from '#runtime/lambda/publish-run-status.ts';
import { sqsBatch } from '../../support/stream-batch.ts';
import { DEADLINE_SECONDS, MINUTE_MS, onQuestion, RUN, world } from './reconciled.ts';

describe('R1: a status change that got lost', () => {
  it.each([
    [{ status: 'SUCCEEDED', output: '{"answer":42}' }, 'succeeded'],
    [{ status: 'FAILED', error: 'Agent.Terminal', cause: 'c' }, 'failed'],
    [{ status: 'FAILED', error: 'Agent.DeadlineExceeded', cause: 'c' }, 'expired'],
    [{ status: 'TIMED_OUT' }, 'expired'],
    [{ status: 'ABORTED', error: 'Agent.Stopped', cause: 'c' }, 'stopped'],
  ])('still ends the run, in the read model and on its record: %j', async (end, status) => {
    const { accept, end: ends, pass, record, view } = world();
    await accept();
    ends(end);
    await pass();
    expect(view()?.status).toBe(status);
    expect((await record())?.end).toMatchObject({ gen: 0, status });
  });

  it('R4: becomes the event that it would have become, id and content', async () => {
    const { accept, system, end, events, pass, executionOf, orchestrator, runs, ...rest } = world();
    await accept();
    await system.advance(2500);
    end({ status: 'SUCCEEDED', output: '{"answer":[1,null]}' });
    const { startMs, stopMs, ...described } = (await orchestrator.describe(executionOf(RUN))) ?? {};
    const published = new MemoryEventLog();
    const detail = { executionArn: 'arn', name: `${RUN}-0`, startDate: startMs };
    await publishRunStatus(
      {
        runs: { read: (run) => runs.read(run), put: async () => ({ kind: 'written' }) },
        events: published,
        deadLetters: new MemoryLedger().deadLetters,
        executions: new MemoryExecutionReader(),
        telemetry: rest.telemetry,
      },
      sqsBatch(
        [
          { ...detail, status: 'RUNNING' },
          { ...detail, ...described, stopDate: stopMs },
        ].map((change) => JSON.stringify({ detail: change })),
      ),
    );
    await pass();
    expect(published.events).toHaveLength(2);
    expect(events.events).toEqual(expect.arrayContaining([...published.events]));
  });

  it('is told once: a run whose end is on record is not looked at again', async () => {
    const { accept, end, pass, events, dueRuns } = world();
    await accept();
    end({ status: 'SUCCEEDED', output: '1' });
    await pass(5);
    expect(events.events.filter(({ type }) => type === 'signalbox.run.succeeded')).toHaveLength(1);
    expect(dueRuns.entries).toEqual([]);
  });

  it('is told although the record has changed meanwhile', async () => {
    const late = world((real) => ({
      events: {
        append: async (events) => {
          await late.change({ tags: { changed: String(events.length) } });
          await real.stream.append(events);
        },
      },
    }));
    await late.accept();
    late.end({ status: 'SUCCEEDED', output: '1' });
    await late.pass();
    expect(await late.record()).toMatchObject({
      end: { status: 'succeeded' },
      tags: { changed: '1' },
    });
  });

  it('does not end the generation after it', async () => {
    const { accept, end, pass, record, change } = world();
    await accept();
    end({ status: 'FAILED', error: 'X', cause: '' });
    await change({ gen: 1, progress: 'announced' });
    await pass();
    expect((await record())?.end).toBeUndefined();
  });
});

describe('R6: a run that overran its deadline', () => {
  const OVER = 1 + DEADLINE_SECONDS / 60;

  it('is ended as expired when no worker ever came', async () => {
    const { accept, pass, orchestrator, executionOf, view, record } = world();
    await accept();
    await pass(OVER);
    expect(await orchestrator.describe(executionOf(RUN))).toMatchObject({
      status: 'ABORTED',
      error: 'Agent.DeadlineExceeded',
      cause: expect.stringContaining('DEADLINE_EXCEEDED'),
    });
    await pass();
    expect(view()?.status).toBe('expired');
    expect((await record())?.end?.status).toBe('expired');
  });

  it('has 5 seconds after its deadline', async () => {
    const { accept, pass, orchestrator, executionOf, system } = world();
    await system.advance(56_000);
    await accept(RUN, 180);
    // Rounds at 1, 2, 3 minutes after that: the third comes 4 seconds after the deadline.
    await system.advance(4_000);
    await pass(3);
    expect(await orchestrator.describe(executionOf(RUN))).toMatchObject({ status: 'RUNNING' });
    await pass(1);
    expect(await orchestrator.describe(executionOf(RUN))).toMatchObject({ status: 'ABORTED' });
  });

  it('is left alone when its end is on record', async () => {
    const { accept, pass, change, orchestrator, executionOf, system } = world();
    await accept();
    const at = new Date(system.now()).toISOString();
    await change({ end: { gen: 0, status: 'succeeded', at } });
    await pass(OVER);
    expect(await orchestrator.describe(executionOf(RUN))).toMatchObject({ status: 'RUNNING' });
  });
});

describe('R1: a run whose request crashed before it told of it', () => {
  it('is told and listed although it has ended meanwhile', async () => {
    const { accept, change, dueRuns, events, pass, types } = world();
    const { append } = MemoryEventLog.prototype;
    events.append = () => Promise.reject(new TypeError('crashed'));
    await expect(accept()).rejects.toThrow('crashed');
    events.append = append;
    await change({ end: { gen: 0, status: 'succeeded', at: '2026-01-01T00:00:01.000Z' } });
    await pass(3);
    expect(types()).toContain('signalbox.run.accepted');
    expect(dueRuns.entries).toEqual([]);
  });
});

describe('R1: a run that was stopped', () => {
  it('is ended when the request crashed before it told the orchestrator', async () => {
    const { accept, pass, change, system, orchestrator, executionOf, view } = world();
    await accept();
    const at = new Date(system.now()).toISOString();
    await change({ stop: { at, reason: 'no longer wanted' } });
    await pass();
    expect(await orchestrator.describe(executionOf(RUN))).toMatchObject({
      status: 'ABORTED',
      error: 'Agent.Stopped',
      cause: expect.stringContaining('no longer wanted'),
    });
    await pass();
    expect(view()?.status).toBe('stopped');
  });

  it('is started and ended when it was stopped before it was started', async () => {
    const { accept, pass, change, system, orchestrator, executionOf, view } = world();
    await accept();
    orchestrator.forget(executionOf(RUN));
    const at = new Date(system.now()).toISOString();
    await change({ progress: 'accepted', stop: { at, reason: '' } });
    await pass(2);
    expect(await orchestrator.describe(executionOf(RUN))).toMatchObject({ status: 'ABORTED' });
    expect(view()?.status).toBe('stopped');
  });
});

describe('R1: an execution that the orchestrator does not know', () => {
  it('is started again, with the input that it had', async () => {
    const { accept, pass, orchestrator, executionOf } = world();
    await accept();
    const input = orchestrator.inputOf('support', `${RUN}-0`);
    orchestrator.forget(executionOf(RUN));
    await pass();
    expect(orchestrator.inputOf('support', `${RUN}-0`)).toEqual(input);
  });
});

describe('R1: a run that goes on', () => {
  it('is under watch until its end is on record, for days', async () => {
    const { accept, dueRuns, pass, logged } = world((real) => ({
      orchestrator: {
        start: (run) => real.orchestrator.start(run),
        describe: async () => ({ status: 'RUNNING', startMs: 0 }),
        stop: async () => 'not-running',
      },
    }));
    await accept();
    for (let n = 0; n < 60; n += 1) {
      await pass();
      expect(dueRuns.entries.map(({ run }) => run)).toEqual([RUN]);
    }
    expect(JSON.stringify(logged)).not.toContain('"error"');
  });

  it('has its start told, if that got lost', async () => {
    const { accept, pass, types } = world();
    await accept();
    await pass();
    expect(types()).toEqual(['signalbox.run.accepted', 'signalbox.run.started']);
  });

  it('is looked at a minute after its acceptance, then ever later, and when it has to be over', async () => {
    const { accept, pass, dueRuns, system } = world();
    const acceptedMs = system.now();
    const dueAfterMs = () => dueRuns.entries.map(({ run, dueAtMs }) => [run, dueAtMs - acceptedMs]);
    await accept();
    expect(dueAfterMs()).toEqual([[RUN, MINUTE_MS]]);
    await pass();
    expect(dueAfterMs()).toEqual([[RUN, 2 * MINUTE_MS]]);
    await pass();
    expect(dueAfterMs()).toEqual([[RUN, 4 * MINUTE_MS]]);
    await pass(2);
    expect(dueAfterMs()).toEqual([[RUN, DEADLINE_SECONDS * 1000 + 5000]]);
  });

  it('is looked at once an hour at least when it may go on for a day', async () => {
    const looks: number[] = [];
    const { accept, pass } = world(
      onQuestion((_name, nowMs) => {
        looks.push(nowMs);
      }),
    );
    await accept(RUN, 24 * 3600);
    await pass(12 * 60);
    const apartMs = looks.slice(1).map((ms, i) => ms - (looks[i] ?? 0));
    expect(Math.max(...apartMs)).toBe(60 * MINUTE_MS);
    expect(looks.length).toBeLessThan(20);
  });

  it('is looked at once in a round, however many entries it has', async () => {
    let questions = 0;
    const { accept, pass, dueRuns, system } = world(
      onQuestion(() => {
        questions += 1;
      }),
    );
    await accept();
    // As two rounds leave them that were at work at one time.
    await dueRuns.put({ run: RUN, dueAtMs: system.now() + 100 });
    await dueRuns.put({ run: RUN, dueAtMs: system.now() + 200 });
    await pass();
    expect(questions).toBe(1);
    expect(dueRuns.entries).toHaveLength(1);
  });
});

describe('R1: the end of a long run that nobody has told', () => {
  it('is told within an hour, long before its deadline', async () => {
    const { accept, end, pass, view } = world();
    await accept(RUN, 24 * 3600);
    await pass(5 * 60);
    end({ status: 'SUCCEEDED', output: '1' });
    await pass(61);
    expect(view()?.status).toBe('succeeded');
  });
});
