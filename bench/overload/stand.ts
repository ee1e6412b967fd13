/** The two pipelines, each deployed to a cloud of its own with a provider of its own. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheFolderOf } from '../../cli/local/local-state.ts';
import type { Report } from '../../localstack/report.ts';
import { deployNaive } from '../naive/deploy-naive.ts';
import { deployGoverned } from './governed/deploy-governed.ts';
import { GovernedPipeline } from './governed/governed-pipeline.ts';
import { Provider } from './provider.ts';
import type { Side } from './story.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

export interface Stand {
  readonly governed: Side;
  /** Of the governed pipeline. */
  readonly apiUrl: string;
  /** `null` when it was not asked for, or is stopped. */
  readonly naive: Side | null;
  /** Ends the naive pipeline, whose retries go on for as long as it has a backlog. */
  stopNaive(): Promise<void>;
  stop(): Promise<void>;
}

export interface StandOptions {
  readonly hasNaive: boolean;
  /** What a provider takes. */
  readonly modelPerSecond: number;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** @throws CliError, LocalCloudError */
export async function setUp(options: StandOptions): Promise<Stand> {
  const { hasNaive, modelPerSecond, report, signal } = options;
  await mkdir(cacheFolderOf(PROJECT), { recursive: true });
  const folder = await mkdtemp(join(cacheFolderOf(PROJECT), 'overload-'));
  const running: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  const kept = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    running.push(started);
    return started;
  };
  const governing = kept(
    deployGoverned({ folder: join(folder, 'governed'), modelPerSecond, report, signal }),
  );
  const naming = hasNaive
    ? kept(
        deployNaive({
          ...{ folder: join(folder, 'naive'), cacheFolder: cacheFolderOf(PROJECT), report, signal },
        }),
      )
    : null;
  const settled = await Promise.allSettled([governing, naming]);
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') {
    await stop();
    throw failed.reason;
  }
  const [governed, naive] = [await governing, await naming];
  return {
    governed: {
      name: 'governed',
      pipeline: new GovernedPipeline(governed.apiUrl),
      provider: new Provider(governed.modelUrl),
    },
    apiUrl: governed.apiUrl,
    naive: naive && {
      name: 'naive',
      pipeline: naive.pipeline,
      provider: new Provider(naive.modelUrl),
    },
    stopNaive: async () => {
      await naive?.stop();
    },
    stop,
  };
}
