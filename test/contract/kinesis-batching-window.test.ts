/** https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html */
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

const NOTING = `
import { note } from 'contract:journal';
export const handler = async ({ Records }) => {
  await note(Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()));
};`;

contractTest(
  'a batch of a stream gathers records for as long as its mapping says',
  async ({ stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const noting = await lambdaFunction(NOTING, { environment: notes.environment });
    await mapping(events.arn, noting, {
      StartingPosition: 'TRIM_HORIZON',
      MaximumBatchingWindowInSeconds: 3,
    });
    for (const text of ['0', '1', '2']) await events.put('a', text);
    await eventually(async () => {
      expect((await notes.entries()).map(({ entry }) => entry)).toEqual([['0', '1', '2']]);
    }, 'one invocation');
  },
);
