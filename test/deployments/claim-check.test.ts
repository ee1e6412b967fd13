import { createHash } from 'node:crypto';
import {
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SignalboxClient } from '#runtime/client/client.ts';
import { referencesIn } from '#runtime/core/payload-references.ts';
import { runAgent } from '#runtime/testing/run-agent.ts';
import { deployWith } from '../support/added-workflow.ts';
import { ended } from '../support/live.ts';
import { canDeploy } from '../support/own-deployment.ts';
import { handler as makeCatalog } from '../support/warehouse/make-catalog.ts';

/** 3.5 MB in small objects and 1.5 MB in one text. */
const INPUT = { items: 64_000, characters: 1_500_000 };

/** What a run of INPUT gives, made in this process. */
async function expected() {
  const { output } = await runAgent(makeCatalog, INPUT);
  const text = JSON.stringify([output?.items, output?.preface]);
  expect(Buffer.byteLength(text)).toBeGreaterThan(5_000_000);
  return {
    bytes: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
    items: output?.items,
    preface: output?.preface,
  };
}

describe.skipIf(!canDeploy)('a workflow whose steps give 5 MB, deployed', () => {
  let local: Awaited<ReturnType<typeof deployWith>>;
  let client: SignalboxClient;
  let s3: S3Client;
  beforeAll(async () => {
    local = await deployWith('warehouse');
    client = new SignalboxClient({ baseUrl: local.apiUrl });
    s3 = new S3Client({
      endpoint: local.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
    });
  });
  afterAll(async () => {
    await local?.stop();
  });

  /** Keys of a run's payloads. */
  const payloadsOf = async (run: string) => {
    const { Buckets: buckets = [] } = await s3.send(new ListBucketsCommand());
    const Bucket = buckets.find(({ Name }) => Name?.startsWith('signalbox-local-payloads'))?.Name;
    const { Contents: objects = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: `default/${run}/` }),
    );
    return { Bucket, keys: objects.flatMap(({ Key }) => Key ?? []) };
  };

  test('passes them on whole, and its reader gets them whole', async () => {
    const { id } = await client.startRun({ workflow: 'warehouse', input: INPUT });
    const run = await ended(client, id);
    expect(run).toMatchObject({ status: 'succeeded', steps: [{ path: 'make' }, { path: 'read' }] });
    expect(referencesIn(run.output).map(({ place }) => place)).toEqual([
      '$.items',
      '$.preface.body',
    ]);
    expect(await client.output(run)).toEqual(await expected());
    // The same items came out of both steps: they are kept once.
    expect((await payloadsOf(id)).keys).toHaveLength(2);
  });

  test('is forked with what its origin gave, and run anew where that has expired', async () => {
    const { id } = await client.startRun({ workflow: 'warehouse', input: INPUT });
    await ended(client, id);
    const fork = await client.forkRun(id, { from: 'read' });
    const forked = await ended(client, fork.id);
    expect(forked.steps).toMatchObject([
      { path: 'make', reusedFrom: id },
      { path: 'read', starts: 1 },
    ]);
    expect(await client.output(forked)).toEqual(await expected());

    const { Bucket, keys } = await payloadsOf(id);
    expect(keys).toHaveLength(2);
    const Objects = keys.map((Key) => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    const again = await client.forkRun(id, { from: 'read' });
    const rerun = await ended(client, again.id);
    expect(rerun.steps).toMatchObject([
      { path: 'make', starts: 1 },
      { path: 'read', starts: 1 },
    ]);
    expect(await client.output(rerun)).toEqual(await expected());
  });

  test.each(['input', 'patch'])('refuses a forged reference in its %s', async (where) => {
    const forged = { $sbref: { sha256: 'a'.repeat(64), bytes: 5 } };
    const { id } = await client.startRun({
      workflow: 'warehouse',
      input: { items: 0, characters: 1 },
    });
    const sent =
      where === 'input'
        ? client.startRun({ workflow: 'warehouse', input: { ...INPUT, items: forged } })
        : client.forkRun(id, { from: 'make', patches: { make: { ...INPUT, items: forged } } });
    await expect(sent).rejects.toMatchObject({ problem: { status: 400 } });
  });
});
