/**
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html (ParallelizationFactor)
 */
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

/** Notes what it is given; then sleeps if a record says so. */
const SLEEPER = `
import { setTimeout as sleep } from 'node:timers/promises';
import { note } from 'contract:journal';
export const handler = async ({ Records }) => {
  const records = Records.map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, 'base64')));
  await note({ begins: records });
  for (const { sleepMs = 0 } of records) await sleep(sleepMs);
  await note({ ends: records });
};`;

interface Step {
  readonly begins?: readonly { readonly key: string; readonly number: number }[];
  readonly ends?: readonly { readonly key: string; readonly number: number }[];
}

contractTest(
  'a slow function of a stream holds up no other mapping, neither of streams nor of queues',
  async ({ stream, queue, lambdaFunction, mapping, journal, eventually }) => {
    const [events, work, slow, quick, worker] = await Promise.all([
      stream(),
      queue(),
      journal(),
      journal(),
      journal(),
    ]);
    const sleeper = await lambdaFunction(SLEEPER, {
      environment: slow.environment,
      timeoutSeconds: 60,
    });
    const projector = await lambdaFunction(SLEEPER.replace('await sleep(sleepMs)', ''), {
      environment: quick.environment,
    });
    const agent = await lambdaFunction(
      `import { note } from 'contract:journal';
       export const handler = async ({ Records }) => { await note(Records.length); };`,
      { environment: worker.environment },
    );
    await Promise.all([
      mapping(events.arn, sleeper, { StartingPosition: 'TRIM_HORIZON' }),
      mapping(events.arn, projector, { StartingPosition: 'TRIM_HORIZON' }),
      mapping(work.arn, agent),
    ]);
    // Longer than the others may take: whoever waits for it is not done in time.
    await events.put('a', { key: 'a', number: 1, sleepMs: 50_000 });
    await eventually(async () => (await slow.entries()).length === 1, 'slow invocation');
    await Promise.all([events.put('a', { key: 'a', number: 2 }), work.send('letter')]);
    await eventually(async () => {
      const ends = (await quick.entries<Step>()).flatMap(({ entry }) => entry.ends ?? []);
      expect(ends.map(({ number }) => number)).toEqual([1, 2]);
      expect((await worker.entries()).map(({ entry }) => entry)).toEqual([1]);
    }, 'work of the others');
    expect((await slow.entries()).length).toBe(1);
  },
);

contractTest(
  'a shard has as many batches in progress as its parallelization factor, each key in its order',
  async ({ stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const sleeper = await lambdaFunction(SLEEPER, { environment: notes.environment });
    const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
    for (const number of [1, 2]) {
      for (const key of keys) await events.put(key, { key, number, sleepMs: 100 });
    }
    await mapping(events.arn, sleeper, {
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 1,
      ParallelizationFactor: 4,
    });
    await eventually(async () => (await notes.entries()).length === 4 * keys.length, 'last record');
    const steps = (await notes.entries<Step>()).map(({ entry }) => entry);
    expect(mostAtOnce(steps)).toBeGreaterThan(1);
    expect(mostAtOnce(steps)).toBeLessThanOrEqual(4);
    for (const key of keys) {
      const ofKey = steps.filter(
        ({ begins, ends }) => begins?.[0]?.key === key || ends?.[0]?.key === key,
      );
      expect(ofKey).toMatchObject([
        { begins: [{ number: 1 }] },
        { ends: [{ number: 1 }] },
        { begins: [{ number: 2 }] },
        { ends: [{ number: 2 }] },
      ]);
    }
  },
);

const mostAtOnce = (steps: readonly Step[]): number => {
  let running = 0;
  return Math.max(
    ...steps.map(({ begins }) => {
      running += begins ? 1 : -1;
      return running;
    }),
  );
};
