/** The launcher against real processes: what only shows when something really runs. */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { shareInstallation } from '../../../cli/local/shared-installation.ts';
import { type RunningCloud, startCloud } from '../../../localstack/cloud.ts';
import { VenvModuleMissingError } from '../../../localstack/errors.ts';
import { isRunning } from '../../../localstack/process-id.ts';
import type { Report } from '../../../localstack/report.ts';

const CLOUD = resolve(import.meta.dirname, '../../../localstack/cloud.ts');
const environment = { ...process.env, AWS_ENDPOINT_URL: undefined };
const quiet = () => undefined;

describe.skipIf(inject('endpoint') === null)('the embedded cloud', () => {
  let cacheFolder = '';
  const started: RunningCloud[] = [];

  beforeEach(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), 'signalbox-cache-'));
    await shareInstallation(cacheFolder, process.env);
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((cloud) => cloud.stop()));
    await rm(cacheFolder, { recursive: true, force: true });
  });

  async function start(
    stateFolder: string | null = null,
    report: Report = quiet,
  ): Promise<RunningCloud> {
    const cloud = await startCloud({ cacheFolder, stateFolder, report, environment });
    started.push(cloud);
    return cloud;
  }

  test('installs nothing a second time, and leaves nothing behind when it stops', async () => {
    const reports: string[] = [];
    const cloud = await start(null, (what) => reports.push(what));
    expect(reports).toEqual(['Starting the embedded cloud']);
    await cloud.stop();
    await expect(fetch(`${cloud.endpoint}/_ministack/health`)).rejects.toThrow('fetch failed');
    await expect(readdir(join(cacheFolder, 'run'))).resolves.toEqual([]);
    await expect(readFile(join(cacheFolder, 'logs', 'cloud.log'), 'utf8')).resolves.toContain(
      'Ready',
    );
  });

  test('C3: two start at once, each with a port and resources of its own', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.endpoint).not.toBe(other.endpoint);
    await createQueue(one.endpoint);
    await createTable(other.endpoint);
    await expect(tableNames(other.endpoint)).resolves.toEqual(['letters']);
    await expect(tableNames(one.endpoint)).resolves.toEqual([]);
  });

  test('keeps resources, and its port, over a stop if asked', async () => {
    const stateFolder = join(cacheFolder, 'state');
    const first = await start(stateFolder);
    await createTable(first.endpoint);
    await first.stop();
    const second = await start(stateFolder);
    expect(second.endpoint).toBe(first.endpoint);
    await expect(tableNames(second.endpoint)).resolves.toEqual(['letters']);
  });

  test('L1: what a killed starter left is stopped by the next start', async () => {
    const { orphan, starter } = await startInOtherProcess(cacheFolder);
    starter.kill('SIGKILL');
    await new Promise((done) => starter.once('close', done));
    await expect(isRunning(orphan)).resolves.toBe(true);
    await start();
    await expect(isRunning(orphan)).resolves.toBe(false);
  });

  test('L1: what another living process started is left alone', async () => {
    const { orphan, starter } = await startInOtherProcess(cacheFolder);
    await start();
    await expect(isRunning(orphan)).resolves.toBe(true);
    starter.kill('SIGTERM');
    await new Promise((done) => starter.once('close', done));
  });
});

describe('installing the embedded cloud', () => {
  test('names the package to install when Python lacks its venv module', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-no-venv-'));
    const python = { executable: '/usr/bin/python3', version: [3, 11, 2], hasVenv: false };
    await writeFile(join(folder, 'python3'), `#!/bin/sh\necho '${JSON.stringify(python)}'\n`);
    await chmod(join(folder, 'python3'), 0o755);
    const starting = startCloud({
      cacheFolder: join(folder, 'cache'),
      stateFolder: null,
      report: quiet,
      environment: { PATH: folder },
    });
    await expect(starting).rejects.toThrow(VenvModuleMissingError);
    await expect(starting).rejects.toThrow('sudo apt-get install python3.11-venv');
    await rm(folder, { recursive: true });
  });
});

async function startInOtherProcess(cacheFolder: string) {
  const script = `
    const { startCloud } = await import(${JSON.stringify(CLOUD)});
    const cloud = await startCloud({ cacheFolder: ${JSON.stringify(cacheFolder)}, stateFolder: null, report: () => undefined });
    console.log(JSON.stringify(cloud.service.record.process));
    process.on('SIGTERM', async () => { await cloud.stop(); process.exit(); });
    setInterval(() => undefined, 1_000);`;
  const starter = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((done) =>
    starter.stdout.once('data', (text) => done(`${text}`)),
  );
  const orphan: { pid: number; started: string } = JSON.parse(line);
  return { orphan, starter };
}

const clientOf = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

const createQueue = (endpoint: string) =>
  new SQSClient(clientOf(endpoint)).send(new CreateQueueCommand({ QueueName: 'letters' }));

const createTable = (endpoint: string) =>
  new DynamoDBClient(clientOf(endpoint)).send(
    new CreateTableCommand({
      TableName: 'letters',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );

const tableNames = async (endpoint: string) =>
  (await new DynamoDBClient(clientOf(endpoint)).send(new ListTablesCommand({}))).TableNames;
