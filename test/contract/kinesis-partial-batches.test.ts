/** https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html */
import { expect } from 'vitest';
import { contractTest } from './harness.ts';
import type { MappingOptions } from './support/functions.ts';

/** Notes the texts of a batch; the first time it reports what `reported` gives of the records. */
const reporter = (reported: string): string => `
import { note } from 'contract:journal';
export const handler = async ({ Records }) => {
  const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
  const invocation = await note(texts);
  const ids = Records.map(({ kinesis }) => kinesis.sequenceNumber);
  const reported = ${reported};
  return { batchItemFailures: invocation === 1 ? reported(ids) : [] };
};`;

const OPTIONS: MappingOptions = {
  StartingPosition: 'TRIM_HORIZON',
  FunctionResponseTypes: ['ReportBatchItemFailures'],
};

contractTest(
  'a stream goes on at the lowest sequence number that its function reports as failed',
  async ({ stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const reporting = await lambdaFunction(
      reporter('(ids) => [ids[3], ids[1]].map((itemIdentifier) => ({ itemIdentifier }))'),
      { environment: notes.environment },
    );
    for (const text of ['0', '1', '2', '3']) await events.put('a', text);
    await mapping(events.arn, reporting, OPTIONS);
    await eventually(async () => {
      expect((await notes.entries()).map(({ entry }) => entry)).toEqual([
        ['0', '1', '2', '3'],
        ['1', '2', '3'],
      ]);
    }, 'second invocation');
  },
);

for (const [identifier, failure] of [
  ['an unknown', "{ itemIdentifier: '1' }"],
  ['an empty', "{ itemIdentifier: '' }"],
  ['a misnamed', '{ id: ids[1] }'],
] as const) {
  contractTest(
    `${identifier} identifier of a failure fails the whole batch of a stream`,
    async ({ stream, lambdaFunction, mapping, journal, eventually }) => {
      const [events, notes] = await Promise.all([stream(), journal()]);
      const reporting = await lambdaFunction(reporter(`(ids) => [${failure}]`), {
        environment: notes.environment,
      });
      for (const text of ['0', '1']) await events.put('a', text);
      await mapping(events.arn, reporting, OPTIONS);
      await eventually(async () => {
        expect((await notes.entries()).map(({ entry }) => entry)).toEqual([
          ['0', '1'],
          ['0', '1'],
        ]);
      }, 'second invocation');
    },
  );
}
